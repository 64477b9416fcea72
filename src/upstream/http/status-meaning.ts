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
  hint: "Try again; look at the InferenceService if it stays so.",
};
const timedOut: StatusMeaning = {
  reason: "MODEL_TIMEOUT",
  says: "did not answer a gateway before it in time",
  hint: "Send fewer instances at a time, or give the model more time.",
};
const failed: StatusMeaning = {
  reason: "MODEL_FAILED",
  says: "failed",
  hint: "Look at the log of the model server; a row that does not fit the model can also be the cause.",
};

/** Statuses without a row are interpreted by their class. */
const meanings: Readonly<Record<number, StatusMeaning>> = {
  400: rejectedInput,
  401: rejectedCredentials,
  403: rejectedCredentials,
  404: wrongPath,
  405: wrongPath,
  408: timedOut,
  413: {
    reason: "REQUEST_TOO_LARGE",
    says: "refused the size of the request",
    hint: "Send fewer instances at a time.",
  },
  422: rejectedInput,
  429: { reason: "MODEL_OVERLOADED", says: "asks to slow down", hint: "Try again, more slowly." },
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
  says: "wants to be called by https",
  hint: "Write https:// into the url of the entry, or into KSERVE_URL_FORMAT.",
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
