import type { ErrorReason } from "../../../registry/registry-error.ts";

/** What each reason means to a caller of the REST surfaces, and what such an error says. */
export const errorWords: Readonly<Record<RestReason, { readonly means: string; readonly says: string }>> = {
  INVALID_REQUEST: {
    means: "the request is malformed, or a part of it is out of range",
    says: "instances: is empty; expected at least one row",
  },
  INVALID_INSTANCE: {
    means: "a row does not fit the features that the model declares",
    says: "instances[0].iop: is no feature of the model (and 1 more)",
  },
  INVALID_PAGE_TOKEN: {
    means: "the page token is none of this server, or was given for other filters",
    says: "page_token was given for other filters; keep type, namespace and trigger over all pages",
  },
  MODEL_NOT_FOUND: { means: "no model is registered under that name", says: "model not found" },
  INTEGRATION_DISABLED: {
    means: "the KServe integration is switched off",
    says: "The KServe integration is switched off; start the service with ENABLE_KSERVE_INTEGRATION=true",
  },
  MODEL_NOT_READY: {
    means: "the model is not ready",
    says: "Model anomaly-detector is not ready (HTTP 503): Model with name anomaly-detector is not ready.",
  },
  MODEL_UNREACHABLE: {
    means: "the model server could not be reached",
    says: "Model anomaly-detector could not be reached: the connection was refused",
  },
  MODELS_NOT_LOADED: {
    means: "this server has just started, and has not read all its models yet",
    says: "The models are not loaded yet: waiting for the models of file",
  },
  SHUTTING_DOWN: { means: "this server is stopping", says: "The server is stopping" },
  REQUEST_TOO_LARGE: {
    means: "the body is larger than this server (`MAX_REQUEST_SIZE`) or the model server takes",
    says: "The request body is larger than 16777216 bytes (MAX_REQUEST_SIZE); send fewer instances at a time",
  },
  REQUEST_TOO_SLOW: {
    means: "the body was not complete in time (`BODY_TIMEOUT`)",
    says: "The request body was not complete after 60000 ms (BODY_TIMEOUT); send it faster, or in smaller parts",
  },
  TOO_MANY_IN_FLIGHT: {
    means: "too many predictions of this model are under way (`KSERVE_MAX_IN_FLIGHT`)",
    says: "256 predictions of anomaly-detector are under way, and 256 are allowed (KSERVE_MAX_IN_FLIGHT)",
  },
  MODEL_OVERLOADED: {
    means: "the model server asks to slow down",
    says: "Model anomaly-detector asks to slow down (HTTP 429)",
  },
  MODEL_TIMEOUT: {
    means: "the model did not answer in time (`KSERVE_TIMEOUT`, or the entry's `timeout`)",
    says: "Model anomaly-detector did not answer within 10s",
  },
  MODEL_PATH_NOT_FOUND: {
    means: "the model server does not know the path that the entry leads to",
    says:
      "Model anomaly-detector is not known to the model server under the path that its entry leads to (HTTP 404): " +
      "Model with name anomaly-detector does not exist.",
  },
  MODEL_REJECTED_INPUT: {
    means: "the model refused the input, in its own words",
    says: 'Model anomaly-detector refused the input (HTTP 400): Expected "instances" to be a list',
  },
  MODEL_REJECTED_CREDENTIALS: {
    means: "the model server refused the credentials",
    says: "Model anomaly-detector refused the credentials of this service (HTTP 401)",
  },
  MODEL_FAILED: {
    means: "the model failed, in its own words",
    says:
      "Model anomaly-detector failed (HTTP 500): X has 2 features, but IsolationForest is expecting 3 features as " +
      "input.",
  },
  MODEL_BAD_ANSWER: {
    means: "the model server's answer is no prediction",
    says: "Model anomaly-detector gave an answer that is no prediction: its predictions are null",
  },
  INTERNAL: {
    means: "a fault of this service",
    says: "Internal error; the log of the server tells more under the request id",
  },
  UNAUTHENTICATED: {
    means: "access control is on, and the call does not say who makes it",
    says: "A bearer token is needed: send it as `authorization: Bearer ...`",
  },
  PERMISSION_DENIED: {
    means: "the caller may not use the model, whether or not there is one",
    says: "You may not use the model anomaly-detector, whether or not there is one",
  },
  ACCESS_CHECK_FAILED: {
    means: "whether the caller may do this could not be found out",
    says: "The issuer of tokens could not be asked for its keys; try again",
  },
  MODEL_CREDENTIALS_UNREADABLE: {
    means: "the credentials that this service has towards the model cannot be read",
    says: "Model anomaly-detector is not called: the credentials that its entry names cannot be read",
  },
  BREAKER_OPEN: {
    means: "the last calls to the model server could not connect or broke, so it is not called for a while",
    says: "Model anomaly-detector is not called: its last 5 calls could not connect or broke",
  },
  SERVER_OVERLOADED: {
    means: "this server holds as many bytes of requests and answers as it may (`MAX_BYTES_IN_MEMORY`)",
    says: "The bodies of all calls under way would take more than 268435456 bytes (MAX_BYTES_IN_MEMORY)",
  },
  FEATURES_NOT_DECLARED: {
    means: "the model declares no features (`inputFeatures`), so it has no contract",
    says:
      "anomaly-detector has no typed contract: its entry declares no inputFeatures. Declare them in the order of its " +
      'columns, "inputFeatures": ["cpu", {"name": "memory", "type": "number"}].',
  },
};

/**
 * The reasons that a REST call can fail for. No REST call sets a deadline or asks for a tensor, and a caller that has
 * left reads no answer.
 */
export type RestReason = Exclude<ErrorReason, "DEADLINE_EXCEEDED" | "PREDICTIONS_NOT_A_TENSOR" | "CALLER_LEFT">;
