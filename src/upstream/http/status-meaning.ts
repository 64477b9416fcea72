import type { ErrorReason } from "../../registry/registry-error.ts";

/** What an HTTP status of a model server means. */
export interface StatusMeaning {
  readonly reason: ErrorReason;
  /** What happened, after the name of the model. */
  readonly says: string;
  readonly hint: string;
}

/** The server does not have the registered model. The protocol supplies the hint. */
export const wrongPath: StatusMeaning = {
  reason: "MODEL_PATH_NOT_FOUND",
  says: "is unknown to the model server under the path of its entry",
  hint: "",
};
const rejectedInput: StatusMeaning = {
  reason: "MODEL_REJECTED_INPUT",
  says: "rejected the input",
  hint: "Correct the instances as the model says.",
};
const rejectedCredentials: StatusMeaning = {
  reason: "MODEL_REJECTED_CREDENTIALS",
  says: "rejected this service's credentials",
  hint: "Give this service access to the model, or set forwardAuthorization on the entry.",
};
export const notReady: StatusMeaning = {
  reason: "MODEL_NOT_READY",
  says: "is not ready",
  hint: "Try again; if it persists, check the InferenceService.",
};
const timedOut: StatusMeaning = {
  reason: "MODEL_TIMEOUT",
  says: "did not answer a gateway in front of it in time",
  hint: "Send fewer instances at a time, or give the model more time.",
};
const failed: StatusMeaning = {
  reason: "MODEL_FAILED",
  says: "failed",
  hint: "Check the model server's log; a row that does not fit the model can also be the cause.",
};

/**
 * Statuses without a row are interpreted by their class, so that those of 4xx mean that the input is at fault (RFC 9110,
 * 15). A caller determines the body of a request, and its token where the entry forwards that: a status that concerns the
 * address or a header is the fault of the entry or of the model server.
 */
const meanings: Readonly<Record<number, StatusMeaning>> = {
  400: rejectedInput,
  401: rejectedCredentials,
  402: {
    reason: "MODEL_REJECTED_CREDENTIALS",
    says: "wants to be paid",
    hint: "Pay for the account that the entry's credentials belong to, or name others.",
  },
  403: rejectedCredentials,
  404: wrongPath,
  405: wrongPath,
  // JSON is all that is asked for, whoever calls.
  406: failed,
  407: {
    reason: "MODEL_REJECTED_CREDENTIALS",
    says: "is behind a proxy that requires credentials",
    hint: "Let the entry's url name an address that does not lead through the proxy, which is sent no credentials.",
  },
  408: timedOut,
  // TensorFlow Serving says 409, 412 and 499 for ABORTED, FAILED_PRECONDITION and CANCELLED, which over gRPC are failures.
  409: failed,
  410: wrongPath,
  411: failed,
  412: failed,
  413: {
    reason: "REQUEST_TOO_LARGE",
    says: "refused the size of the request",
    hint: "Send fewer instances at a time.",
  },
  414: {
    reason: "MODEL_PATH_NOT_FOUND",
    says: "refused the path of its entry as too long",
    hint: "Shorten the entry's url, or the name of the model in it.",
  },
  417: failed,
  421: {
    reason: "MODEL_PATH_NOT_FOUND",
    says: "is not served under the host of its entry",
    hint: "Let the entry's url name a host that the server, or the gateway in front of it, is configured for.",
  },
  422: rejectedInput,
  // Text Generation Inference says it where the model fails.
  424: failed,
  426: {
    reason: "MODEL_PATH_NOT_FOUND",
    says: "requires another protocol",
    hint: "Models are called by HTTP/1.1: correct the scheme and the port of the entry's url.",
  },
  428: failed,
  429: { reason: "MODEL_OVERLOADED", says: "asks to slow down", hint: "Try again, more slowly." },
  431: {
    reason: "MODEL_FAILED",
    says: "refused the size of the header fields",
    hint: "The largest is usually the token: the entry's own, or with forwardAuthorization the caller's. Use a smaller one.",
  },
  451: {
    reason: "MODEL_FAILED",
    says: "is withheld for legal reasons",
    hint: "Ask those who operate the model server.",
  },
  499: failed,
  502: notReady,
  503: notReady,
  504: timedOut,
};

/** Words in the addresses of login pages: those of oauth2-proxy, Dex, Keycloak, Istio's filters and the clouds. */
const loginPage = /login|log-in|signin|sign_in|sign-in|oauth|openid|\bauth\b|\/dex\/|\/realms\/|saml|\bsso\b/i;
/** The path of a model, which may have such words in its name. */
const modelPath = /^[^?#]*\/models\//;

const toLogin: StatusMeaning = {
  reason: "MODEL_REJECTED_CREDENTIALS",
  says: "sent this service to a login page",
  hint: "Give the entry a tokenFile, or forwardAuthorization: true; or name an address behind the login, within the cluster.",
};
const toHttps: StatusMeaning = {
  reason: "MODEL_PATH_NOT_FOUND",
  says: "requires https",
  hint: "Use https:// in the entry's url, or in KSERVE_URL_FORMAT.",
};
const elsewhere: StatusMeaning = {
  reason: "MODEL_PATH_NOT_FOUND",
  says: "sent this service elsewhere, and redirects are not followed",
  hint: "Set the entry's url to the address that it redirects to; the log has it.",
};

/** The meaning of a redirect, by its target. It is never followed: only registered addresses are called. */
function redirectMeaning(location: string | undefined): StatusMeaning {
  if (location === undefined) return elsewhere;
  if (loginPage.test(location) && !modelPath.test(location)) return toLogin;
  return /^https:/i.test(location) ? toHttps : elsewhere;
}

/** What a status means; undefined for those of success, of which only 200 and 201 carry predictions. */
export function statusMeaning(status: number, location: string | undefined): StatusMeaning | undefined {
  const known = meanings[status];
  if (known !== undefined) return known;
  if (status >= 500) return failed;
  if (status >= 400) return rejectedInput;
  return status >= 300 ? redirectMeaning(location) : undefined;
}
