import type { ErrorReason } from "../registry/registry-error.ts";

/** What a reason means. The contract, the OpenAPI document and the documentation are written from it. */
export interface ReasonWords {
  /** What it means to a caller, as a clause: `no model is registered under that name`. */
  readonly means: string;
  /** What a reader of the contract should know besides, in whole sentences. */
  readonly more?: string;
  /** Whether the error says when to try again. Default: false. */
  readonly retry?: true;
  /** The message of such an error, as an example; only for those that a REST call can fail for. */
  readonly says?: string;
}

/** The reasons of the front door, those that belong together side by side. */
export const reasonWords = {
  INVALID_REQUEST: {
    means: "a field of the request is missing, malformed or out of range",
    more: "A `google.rpc.BadRequest` names it. Over plain HTTP also a path that is not there (404), another method (405), another content type or encoding (415).",
    says: "instances: is empty; expected at least one row",
  },
  INVALID_INSTANCE: {
    means: "a row does not fit the features that the model declares",
    more: "A `google.rpc.BadRequest` names each cell.",
    says: "instances[0].iop: is no feature of the model (and 1 more)",
  },
  INVALID_PAGE_TOKEN: {
    means: "the page token is malformed, or was made for other filters",
    says: "page_token was given for other filters; keep type, namespace, cluster and trigger over all pages",
  },
  MODEL_REJECTED_INPUT: {
    means: "the model refused the input, in its own words (HTTP 400, 422 and other 4xx)",
    says: 'Model anomaly-detector refused the input (HTTP 400): Expected "instances" to be a list',
  },
  MODEL_NOT_FOUND: {
    means: "no model is registered under that name",
    says: "model not found",
  },
  INTEGRATION_DISABLED: {
    means: "the KServe integration is switched off (`ENABLE_KSERVE_INTEGRATION=false`)",
    says: "The KServe integration is switched off; start the service with ENABLE_KSERVE_INTEGRATION=true",
  },
  UNAUTHENTICATED: {
    means: "access control is on, and the call does not say who makes it",
    more: "There is no bearer token, one that is not or no longer good, or no client certificate.",
    says: "A bearer token is needed: send it as `authorization: Bearer ...`",
  },
  PERMISSION_DENIED: {
    means: "the caller may not use the model, whether or not there is one",
    more: "Also when the caller's certificate is not among those that are let in.",
    says: "You may not use the model anomaly-detector, whether or not there is one",
  },
  ACCESS_CHECK_FAILED: {
    means: "whether the caller may do this could not be found out",
    more: "The issuer of tokens or the Kubernetes API server did not answer.",
    retry: true,
    says: "The issuer of tokens could not be asked for its keys; try again",
  },
  FEATURES_NOT_DECLARED: {
    means: "the model declares no features (`inputFeatures`), so it has no typed contract",
    says:
      "anomaly-detector has no typed contract: its entry declares no inputFeatures. Declare them in the order of its " +
      'columns, "inputFeatures": ["cpu", {"name": "memory", "type": "number"}].',
  },
  PREDICTIONS_NOT_A_TENSOR: {
    means: "a tensor was asked for, and the predictions are not a rectangular array of numbers",
    says: "The predictions of output-0 hold null among values of another kind than numbers, for which a tensor has no place. Ask at /v1 to get them as they are.",
  },
  MODEL_PATH_NOT_FOUND: {
    means: "the model server does not know the path that the entry leads to (HTTP 404, 405, a redirect)",
    more: "The entry's `model` or `url` is wrong.",
    says:
      "Model anomaly-detector is not known to the model server under the path that its entry leads to (HTTP 404): " +
      "Model with name anomaly-detector does not exist.",
  },
  MODEL_NOT_READY: {
    means: "the model is not ready (HTTP 503, or 502 of a gateway)",
    retry: true,
    says: "Model anomaly-detector is not ready (HTTP 503): Model with name anomaly-detector is not ready.",
  },
  MODEL_UNREACHABLE: {
    means: "the model server could not be reached: name not found, connection refused or broken",
    retry: true,
    says: "Model anomaly-detector could not be reached: the connection was refused",
  },
  BREAKER_OPEN: {
    means: "the last calls to the model server could not connect or broke, so it is not called for a while",
    more: "It is called again once it answers a readiness check.",
    retry: true,
    says: "Model anomaly-detector is not called: its last 5 calls could not connect or broke",
  },
  MODELS_NOT_LOADED: {
    means: "this server has just started, and has not read all its models yet",
    retry: true,
    says: "The models are not loaded yet: waiting for the models of file",
  },
  SHUTTING_DOWN: {
    means: "this server is stopping",
    retry: true,
    says: "The server is stopping",
  },
  REQUEST_TOO_SLOW: {
    means: "the body of the request was not complete in time (`BODY_TIMEOUT`)",
    says: "The request body was not complete after 60000 ms (BODY_TIMEOUT); send it faster, or in smaller parts",
  },
  REQUEST_TOO_LARGE: {
    means: "the request is larger than this server (`MAX_REQUEST_SIZE`) or the model server takes",
    says: "The request body is larger than 16777216 bytes (MAX_REQUEST_SIZE); send fewer instances at a time",
  },
  TOO_MANY_IN_FLIGHT: {
    means: "too many predictions of this model are under way (`KSERVE_MAX_IN_FLIGHT`)",
    retry: true,
    says: "256 predictions of anomaly-detector are under way, and 256 are allowed (KSERVE_MAX_IN_FLIGHT)",
  },
  SERVER_OVERLOADED: {
    means: "this server holds as many bytes of requests and answers as it may (`MAX_BYTES_IN_MEMORY`)",
    retry: true,
    says: "The bodies of all calls under way would take more than 268435456 bytes (MAX_BYTES_IN_MEMORY)",
  },
  MODEL_OVERLOADED: {
    means: "the model server asks to slow down (HTTP 429)",
    retry: true,
    says: "Model anomaly-detector asks to slow down (HTTP 429)",
  },
  DEADLINE_EXCEEDED: {
    means: "the deadline of the call passed before the model answered",
  },
  MODEL_TIMEOUT: {
    means: "the model did not answer in time (`KSERVE_TIMEOUT`, or the entry's `timeout`)",
    more: "Also when the model server, or a gateway before it, gave up waiting (HTTP 504, 408).",
    says: "Model anomaly-detector did not answer within 10s",
  },
  CALLER_LEFT: {
    means: "the caller left before the answer was there (for the log and the metrics: nobody reads this)",
  },
  MODEL_FAILED: {
    means: "the model failed, in its own words (HTTP 500 and the like)",
    says:
      "Model anomaly-detector failed (HTTP 500): X has 2 features, but IsolationForest is expecting 3 features as " +
      "input.",
  },
  MODEL_BAD_ANSWER: {
    means: "the model server's answer is not a prediction",
    says: "Model anomaly-detector gave an answer that is no prediction: its predictions are null",
  },
  MODEL_CREDENTIALS_UNREADABLE: {
    means: "the credentials that this service has for the model cannot be read",
    more: "Also when its entry may not name files.",
    says: "Model anomaly-detector is not called: the credentials that its entry names cannot be read",
  },
  MODEL_REJECTED_CREDENTIALS: {
    means: "the model server refused the credentials of this service (HTTP 401, 403)",
    more: "Also when a proxy before it redirected to a login page.",
    says: "Model anomaly-detector refused the credentials of this service (HTTP 401)",
  },
  INTERNAL: {
    means: "a fault of this service",
    says: "Internal error; the log of the server has more under the request id",
  },
} as const satisfies Readonly<Record<ErrorReason, ReasonWords>>;

/**
 * The reasons that a REST call can fail for. No REST call sets a deadline or asks for a tensor, and a caller that has
 * left reads no answer.
 */
export type RestReason = {
  [R in ErrorReason]: (typeof reasonWords)[R] extends { readonly says: string } ? R : never;
}[ErrorReason];
