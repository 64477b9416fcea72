import { baseUrlProblem, isDnsLabel } from "../base/field-reader.ts";
import { checked, choice, duration, flag, integer, isFolder, listOf, size, text } from "./config-variable.ts";

/** The models, and how their servers are called. */
export const modelVariables = {
  integrationEnabled: flag("ENABLE_KSERVE_INTEGRATION", {
    default: "true",
    meaning: "`false` starts a server that lists no models and rejects every Predict with FAILED_PRECONDITION.",
  }),
  modelRegistry: text(
    "KSERVE_MODEL_REGISTRY",
    'a JSON array of entries, [{"name": ..., "service": ..., "type": ...}]',
    {
      secret: true,
      meaning: "The models. If it has any problem, the server does not start and lists every problem.",
    },
  ),
  modelsFile: text("KSERVE_MODELS_FILE", "a path to a file", {
    meaning:
      "A file with `models: [...]`, in YAML or JSON, at most 1 MiB. It is reloaded whenever it changes. An invalid entry is skipped and reported; while the file cannot be read, its last good content stays in use.",
  }),
  documentTimeoutMs: duration("KSERVE_DOCUMENT_TIMEOUT", ["100ms", "10m"], {
    default: "30s",
    meaning:
      "How long reading a document of models, in a file or a ConfigMap, may take. Documents are read without blocking calls. One that takes longer is reported, and its last good content stays in use.",
  }),
  namespace: checked("KSERVE_NAMESPACE", "a DNS label", isDnsLabel, {
    meaning:
      "The namespace of entries that set none. Unset: the pod's own namespace in a cluster, else `self-healing-platform`.",
  }),
  bareNames: choice("KSERVE_BARE_NAMES", ["any", "trusted"], {
    default: "any",
    meaning:
      "Which model a name without a namespace refers to. `any`: the trusted one in the default namespace (`KSERVE_NAMESPACE`), else the trusted one whose source has the highest precedence, else the oldest. `trusted`: only a trusted one, so that no tenant can claim a name.",
  }),
  urlFormat: checked(
    "KSERVE_URL_FORMAT",
    "a base address; {service}, {namespace} and {name} in it are replaced",
    (value) => baseUrlProblem(value.replaceAll(/\{(service|namespace|name)\}/g, "x")) === undefined,
    {
      default: "http://{service}.{namespace}.svc.cluster.local",
      meaning: "The address of entries without a `url`. It may have a path prefix.",
    },
  ),
  predictorPort: integer("KSERVE_PREDICTOR_PORT", [1, 65_535], {
    meaning: "The port of entries with neither `url` nor `port`. Unset: that of `KSERVE_URL_FORMAT`.",
  }),
  timeoutMs: duration("KSERVE_TIMEOUT", ["1s", "10m"], {
    default: "10s",
    meaning:
      "The longest a prediction may take. A caller's shorter deadline and the entry's `timeout` take precedence.",
  }),
  connectTimeoutMs: duration("KSERVE_CONNECT_TIMEOUT", ["100ms", "1m"], {
    default: "2s",
    meaning: "The longest that opening a connection to a model server may take.",
  }),
  caFile: text("KSERVE_CA_FILE", "a path to a PEM file", {
    meaning:
      "Additional CA certificates for model servers called over HTTPS, for example OpenShift's service CA. Reloaded when it changes.",
  }),
  clientCertFile: text("KSERVE_CLIENT_CERT_FILE", "a path to a PEM file", {
    meaning: "The client certificate for model servers called over HTTPS. Reloaded when it changes.",
  }),
  clientKeyFile: text("KSERVE_CLIENT_KEY_FILE", "a path to a PEM file", {
    meaning: "The private key of `KSERVE_CLIENT_CERT_FILE`.",
  }),
  credentialsDirs: listOf("KSERVE_CREDENTIALS_DIRS", "comma-separated absolute paths of directories", isFolder, {
    default: "/var/run/secrets/model,/etc/ca",
    meaning:
      "The directories that must contain the files named by entries (`tokenFile`, `caFile`, `clientCertFile`, `clientKeyFile`), after symbolic links are resolved. Do not list a directory with this service's own tokens.",
  }),
  idleTimeoutMs: duration("KSERVE_IDLE_TIMEOUT", ["1s", "60s"], {
    default: "30s",
    meaning:
      "How long a connection to a model server may be idle before it is closed. KServe closes its own side after 65s.",
  }),
  maxInFlight: integer("KSERVE_MAX_IN_FLIGHT", [1, 100_000], {
    default: "256",
    meaning: "How many predictions of one model may be in flight; further ones are queued.",
  }),
  maxQueued: integer("KSERVE_MAX_QUEUED", [0, 100_000], {
    default: "256",
    meaning:
      "How many predictions of one model may wait in its first-in, first-out queue; beyond that, Predict returns RESOURCE_EXHAUSTED. The default equals the number that may be in flight: a burst of twice that number is served, and the last of it waits about as long as one prediction takes.",
  }),
  maxExaminations: integer("KSERVE_MAX_EXAMINATIONS", [1, 1000], {
    default: "8",
    meaning:
      "How many model examinations, such as those started from the web UI, may run at a time, at most one per model; beyond that, `ExamineModel` returns RESOURCE_EXHAUSTED.",
  }),
  queueTimeoutMs: duration("KSERVE_QUEUE_TIMEOUT", ["10ms", "10m"], {
    default: "1s",
    meaning:
      "How long a prediction may wait in the queue. If no slot frees up in that time, the model cannot keep up, and callers should learn that soon.",
  }),
  maxWaiting: integer("KSERVE_MAX_WAITING", [0, 100_000], {
    default: "1000",
    meaning: "How many predictions of one model may wait for it to become ready (`wait_for_ready`).",
  }),
  retryBudget: integer("KSERVE_RETRY_BUDGET", [0, 100], {
    default: "20",
    meaning:
      "How many requests to one model may be retried, as a percentage of its requests in the last 10 seconds, but always at least 3. Only requests that no model server can have started to process are retried. `0` disables retries.",
  }),
  breakerFailures: integer("KSERVE_BREAKER_FAILURES", [0, 1000], {
    default: "5",
    meaning:
      "After this many consecutive calls that could not connect or were cut off, a model is not called again until it passes a readiness check. `0` disables the circuit breaker.",
  }),
  breakerOpenMs: duration("KSERVE_BREAKER_OPEN_TIME", ["100ms", "10m"], {
    default: "5s",
    meaning: "How long an open circuit breaker waits before the next readiness check.",
  }),
  maxResponseBytes: size("KSERVE_MAX_RESPONSE_SIZE", ["1KiB", "1GiB"], {
    default: "64MiB",
    meaning: "The largest response accepted from a model server.",
  }),
  readinessIntervalMs: duration("KSERVE_READINESS_INTERVAL", ["1s", "1h"], {
    off: true,
    default: "10s",
    meaning:
      "How often each model's readiness is checked, spread over the interval. At most 100 models are checked per second, so more than 1,000 models take longer.",
  }),
  readinessTimeoutMs: duration("KSERVE_READINESS_TIMEOUT", ["100ms", "1m"], {
    default: "2s",
    meaning: "How long a readiness check may take.",
  }),
} as const;
