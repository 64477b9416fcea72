import { baseUrlProblem, isDnsLabel } from "../base/field-reader.ts";
import { checked, choice, duration, flag, integer, isFolder, listOf, size, text } from "./config-variable.ts";

/** The models, and how their servers are called. */
export const modelVariables = {
  integrationEnabled: flag("ENABLE_KSERVE_INTEGRATION", {
    default: "true",
    meaning: "`false` starts a server that lists no models and refuses every Predict with FAILED_PRECONDITION.",
  }),
  modelRegistry: text(
    "KSERVE_MODEL_REGISTRY",
    'a JSON array of entries, [{"name": ..., "service": ..., "type": ...}]',
    {
      secret: true,
      meaning: "The models. Any problem in it stops the start, with every problem listed at once.",
    },
  ),
  modelsFile: text("KSERVE_MODELS_FILE", "a path to a file", {
    meaning:
      "A file with `models: [...]`, in YAML or JSON, at most 1 MiB. It is read again whenever it changes; a bad entry is left out and reported, and while the file cannot be read, what was read last stays in force.",
  }),
  documentTimeoutMs: duration("KSERVE_DOCUMENT_TIMEOUT", ["100ms", "10m"], {
    default: "30s",
    meaning:
      "How long a document of models, in a file or a ConfigMap, may take to be read. It is read beside the calls; one that takes longer is reported, and what was read last stays in force.",
  }),
  namespace: checked("KSERVE_NAMESPACE", "a DNS label", isDnsLabel, {
    meaning:
      "The namespace of entries that name none. Unset: the pod's own namespace in a cluster, else `self-healing-platform`.",
  }),
  bareNames: choice("KSERVE_BARE_NAMES", ["any", "trusted"], {
    default: "any",
    meaning:
      "Which models a name without a namespace may mean. `any`: the trusted one in the default namespace (`KSERVE_NAMESPACE`), else the trusted one whose source comes first, else the oldest. `trusted`: only a trusted one, so that no tenant can take a name.",
  }),
  urlFormat: checked(
    "KSERVE_URL_FORMAT",
    "a base address, in which {service}, {namespace} and {name} are replaced where they occur",
    (value) => baseUrlProblem(value.replaceAll(/\{(service|namespace|name)\}/g, "x")) === undefined,
    {
      default: "http://{service}.{namespace}.svc.cluster.local",
      meaning: "The address of entries without a `url`. It may carry a path prefix.",
    },
  ),
  predictorPort: integer("KSERVE_PREDICTOR_PORT", [1, 65_535], {
    meaning: "The port of entries without a `url` and `port`. Unset: the one of `KSERVE_URL_FORMAT`.",
  }),
  timeoutMs: duration("KSERVE_TIMEOUT", ["1s", "10m"], {
    default: "10s",
    meaning: "The longest a prediction may take. A caller's shorter deadline and the entry's `timeout` win.",
  }),
  connectTimeoutMs: duration("KSERVE_CONNECT_TIMEOUT", ["100ms", "1m"], {
    default: "2s",
    meaning: "The longest a connection to a model server may take to open.",
  }),
  caFile: text("KSERVE_CA_FILE", "a path to a PEM file", {
    meaning:
      "Certificates of authorities, besides the usual ones, for model servers that are reached by https: the service CA of OpenShift. Read again when it changes.",
  }),
  clientCertFile: text("KSERVE_CLIENT_CERT_FILE", "a path to a PEM file", {
    meaning: "The client certificate for model servers that are reached by https. Read again when it changes.",
  }),
  clientKeyFile: text("KSERVE_CLIENT_KEY_FILE", "a path to a PEM file", {
    meaning: "The private key of `KSERVE_CLIENT_CERT_FILE`.",
  }),
  credentialsDirs: listOf("KSERVE_CREDENTIALS_DIRS", "absolute paths of folders with commas between them", isFolder, {
    default: "/var/run/secrets/model,/etc/ca",
    meaning:
      "The folders that the files named by entries (`tokenFile`, `caFile`, `clientCertFile`, `clientKeyFile`) have to lie in, after links are followed. A folder with the tokens of this service itself must not be among them.",
  }),
  idleTimeoutMs: duration("KSERVE_IDLE_TIMEOUT", ["1s", "60s"], {
    default: "30s",
    meaning: "When an idle connection to a model server is closed. KServe closes its own side at 65s.",
  }),
  maxInFlight: integer("KSERVE_MAX_IN_FLIGHT", [1, 100_000], {
    default: "256",
    meaning: "How many predictions of one model may be under way; more of them wait for one to end.",
  }),
  maxQueued: integer("KSERVE_MAX_QUEUED", [0, 100_000], {
    default: "256",
    meaning:
      "How many predictions of one model may wait for one under way to end, first in, first out; beyond that, Predict answers RESOURCE_EXHAUSTED. The default is as many as may be under way: a burst of twice that number passes, and the last of it waits about as long as one prediction takes.",
  }),
  maxExaminations: integer("KSERVE_MAX_EXAMINATIONS", [1, 1000], {
    default: "8",
    meaning:
      "How many examinations of models, such as those that the page starts, may run at a time, one for each model; beyond that, `ExamineModel` answers RESOURCE_EXHAUSTED.",
  }),
  queueTimeoutMs: duration("KSERVE_QUEUE_TIMEOUT", ["10ms", "10m"], {
    default: "1s",
    meaning:
      "How long a prediction may wait for a slot. When none becomes free in that time, the model is slower than its callers, and it is better that they know soon.",
  }),
  maxWaiting: integer("KSERVE_MAX_WAITING", [0, 100_000], {
    default: "1000",
    meaning: "How many predictions of one model may wait for it to become ready (`wait_for_ready`).",
  }),
  retryBudget: integer("KSERVE_RETRY_BUDGET", [0, 100], {
    default: "20",
    meaning:
      "How many requests to one model may be sent again, in percent of those of the last 10 seconds, and 3 in any case. Only requests that no model server can have begun to work on are sent again. `0` sends nothing again.",
  }),
  breakerFailures: integer("KSERVE_BREAKER_FAILURES", [0, 1000], {
    default: "5",
    meaning:
      "After this many calls in a row that could not connect or broke off, a model is not called again until it answers a readiness check. `0` turns the breaker off.",
  }),
  breakerOpenMs: duration("KSERVE_BREAKER_OPEN_TIME", ["100ms", "10m"], {
    default: "5s",
    meaning: "How long a model whose breaker has opened is left alone before it is asked whether it is back.",
  }),
  maxResponseBytes: size("KSERVE_MAX_RESPONSE_SIZE", ["1KiB", "1GiB"], {
    default: "64MiB",
    meaning: "The largest answer that is taken from a model server.",
  }),
  readinessIntervalMs: duration("KSERVE_READINESS_INTERVAL", ["1s", "1h"], {
    off: true,
    default: "10s",
    meaning:
      "How often each model is asked whether it is ready, at times spread over the interval. At most 100 are asked a second, so a round of more than 1,000 models takes longer.",
  }),
  readinessTimeoutMs: duration("KSERVE_READINESS_TIMEOUT", ["100ms", "1m"], {
    default: "2s",
    meaning: "How long a readiness check may take.",
  }),
} as const;
