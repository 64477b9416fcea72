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
    more: "A `google.rpc.BadRequest` names it. Over plain HTTP also an unknown path (404), an unsupported method (405), or an unsupported content type or encoding (415).",
    says: "instances: is empty; expected at least one row",
  },
  INVALID_INSTANCE: {
    means: "a row does not match the features that the model declares",
    more: "A `google.rpc.BadRequest` names each cell.",
    says: "instances[0].iop: is not a feature of the model (and 1 more)",
  },
  INVALID_PAGE_TOKEN: {
    means: "the page token is malformed, or belongs to other filters",
    says: "page_token was given for other filters; keep type, namespace, cluster and trigger over all pages",
  },
  MODEL_REJECTED_INPUT: {
    means:
      "the model rejected the input (HTTP 400, 415, 422 and 4xx without another meaning); the message quotes the model's",
    says: 'Model anomaly-detector rejected the input (HTTP 400): Expected "instances" to be a list',
  },
  MODEL_NOT_FOUND: {
    means: "no model is registered under that name",
    says: "model not found",
  },
  INTEGRATION_DISABLED: {
    means: "the KServe integration is disabled (`ENABLE_KSERVE_INTEGRATION=false`)",
    says: "The KServe integration is switched off; start the service with ENABLE_KSERVE_INTEGRATION=true",
  },
  UNAUTHENTICATED: {
    means: "access control is on, and the caller is not authenticated",
    more: "The bearer token is missing, invalid or expired, or there is no client certificate.",
    says: "A bearer token is needed: send it as `authorization: Bearer ...`",
  },
  PERMISSION_DENIED: {
    means: "the caller may not use the model, whether or not it exists",
    more: "Also if the caller's certificate is not among the accepted ones.",
    says: "You may not use the model anomaly-detector, whether or not there is one",
  },
  ACCESS_CHECK_FAILED: {
    means: "the caller's permissions could not be checked",
    more: "The token issuer or the Kubernetes API server did not answer.",
    retry: true,
    says: "The token issuer's keys could not be fetched; try again",
  },
  FEATURES_NOT_DECLARED: {
    means: "the model declares no features (`inputFeatures`), so it has no typed contract",
    says:
      "anomaly-detector has no typed contract: its entry declares no inputFeatures. Declare them in the order of its " +
      'columns, "inputFeatures": ["cpu", {"name": "memory", "type": "number"}].',
  },
  PREDICTIONS_NOT_A_TENSOR: {
    means: "a tensor was requested, but the predictions are not a rectangular array of numbers",
    says: "The predictions of output-0 contain null among non-numeric values, which a tensor cannot represent. Use /v1 to get them unchanged.",
  },
  MODEL_PATH_NOT_FOUND: {
    means: "the model server does not serve the entry's address (HTTP 404, 405, 410, 414, 421, 426, a redirect)",
    more: "The entry's `model` or `url` is wrong.",
    says:
      "Model anomaly-detector is unknown to the model server under the path of its entry (HTTP 404): " +
      "Model with name anomaly-detector does not exist.",
  },
  MODEL_NOT_READY: {
    means: "the model is not ready (HTTP 503, or 502 from a gateway)",
    retry: true,
    says: "Model anomaly-detector is not ready (HTTP 503): Model with name anomaly-detector is not ready.",
  },
  MODEL_UNREACHABLE: {
    means: "the model server could not be reached: name not found, connection refused or lost",
    retry: true,
    says: "Model anomaly-detector could not be reached: the connection was refused",
  },
  BREAKER_OPEN: {
    means: "the last calls to the model server could not connect or were cut off, so it is not called for a while",
    more: "It is called again once it responds to a readiness check.",
    retry: true,
    says: "Model anomaly-detector is not called: its last 5 calls could not connect or were cut off",
  },
  MODELS_NOT_LOADED: {
    means: "this server has just started and has not loaded its models yet",
    retry: true,
    says: "The models are not loaded yet: waiting for the models of file",
  },
  SHUTTING_DOWN: {
    means: "this server is stopping",
    retry: true,
    says: "The server is stopping",
  },
  REQUEST_TOO_SLOW: {
    means: "the request body was not complete in time (`BODY_TIMEOUT`)",
    says: "The request body was not complete after 60000 ms (BODY_TIMEOUT); send it faster, or in smaller parts",
  },
  REQUEST_TOO_LARGE: {
    means: "the request exceeds the limit of this server (`MAX_REQUEST_SIZE`) or of the model server",
    says: "The request body is larger than 16777216 bytes (MAX_REQUEST_SIZE); send fewer instances at a time",
  },
  TOO_MANY_IN_FLIGHT: {
    means: "too many predictions of this model are in flight (`KSERVE_MAX_IN_FLIGHT`)",
    retry: true,
    says: "256 predictions of anomaly-detector are in flight, and 256 are allowed (KSERVE_MAX_IN_FLIGHT)",
  },
  SERVER_OVERLOADED: {
    means: "the requests and responses in memory have reached the limit (`MAX_BYTES_IN_MEMORY`)",
    retry: true,
    says: "The bodies of all calls in flight would take more than 268435456 bytes (MAX_BYTES_IN_MEMORY)",
  },
  MODEL_OVERLOADED: {
    means: "the model server asks callers to slow down (HTTP 429)",
    retry: true,
    says: "Model anomaly-detector asks to slow down (HTTP 429)",
  },
  DEADLINE_EXCEEDED: {
    means: "the call's deadline passed before the model responded",
  },
  MODEL_TIMEOUT: {
    means: "the model did not respond in time (`KSERVE_TIMEOUT`, or the entry's `timeout`)",
    more: "Also if the model server, or a gateway in front of it, timed out (HTTP 504, 408).",
    says: "Model anomaly-detector did not answer within 10s",
  },
  CALLER_LEFT: {
    means: "the caller disconnected before the response (appears only in the log and the metrics)",
  },
  MODEL_FAILED: {
    means: "the model failed (HTTP 500 and the like); the message quotes the model's",
    more: "Also for statuses of 4xx that do not concern the input, such as HTTP 406, 409, 412, 424, 431, 451 and 499.",
    says:
      "Model anomaly-detector failed (HTTP 500): X has 2 features, but IsolationForest is expecting 3 features as " +
      "input.",
  },
  MODEL_BAD_ANSWER: {
    means: "the model server's response is not a prediction",
    says: "Model anomaly-detector returned a response that is not a prediction: its predictions are null",
  },
  MODEL_CREDENTIALS_UNREADABLE: {
    means: "this service's credentials for the model cannot be read",
    more: "Also if its entry may not name files.",
    says: "Model anomaly-detector is not called: the credentials that its entry names cannot be read",
  },
  MODEL_REJECTED_CREDENTIALS: {
    means: "the model server rejected this service's credentials (HTTP 401, 402, 403, 407)",
    more: "Also if a proxy in front of it redirected to a login page.",
    says: "Model anomaly-detector rejected this service's credentials (HTTP 401)",
  },
  INTERNAL: {
    means: "an internal error of this service",
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
