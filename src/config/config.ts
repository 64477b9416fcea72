import { readFileSync } from "node:fs";
import { baseUrlProblem, isDnsLabel } from "../base/field-reader.ts";
import { nearest } from "../base/nearest.ts";
import { parseLabelSelector } from "../kube/label-selector.ts";
import { parseObjectName } from "../kube/object-name.ts";
import { type KubernetesSourceKind, kubernetesSourceKinds } from "../sources/kube/kubernetes-source-kinds.ts";
import { accessProblems, accessVariables, type OptionalAccess } from "./access-variables.ts";
import { checked, choice, duration, flag, integer, list, size, text, type Variable } from "./config-variable.ts";
import { contractVariables } from "./contract-variables.ts";
import { databaseVariables, kubeflowVariables, type OptionalDatabase } from "./database-variables.ts";

/** Environment variables by name. */
export type Env = Readonly<Record<string, string | undefined>>;

const modelVariables = {
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
  namespace: checked(
    "KSERVE_NAMESPACE",
    "a DNS label",
    {
      meaning:
        "The namespace of entries that name none. Unset: the pod's own namespace in a cluster, else `self-healing-platform`.",
    },
    isDnsLabel,
  ),
  urlFormat: checked(
    "KSERVE_URL_FORMAT",
    "a base address, in which {service}, {namespace} and {name} are replaced where they occur",
    {
      default: "http://{service}.{namespace}.svc.cluster.local",
      meaning: "The address of entries without a `url`. It may carry a path prefix.",
    },
    (value) => baseUrlProblem(value.replaceAll(/\{(service|namespace|name)\}/g, "x")) === undefined,
  ),
  predictorPort: integer(
    "KSERVE_PREDICTOR_PORT",
    { min: 1, max: 65_535 },
    {
      meaning: "The port of entries without a `url` and `port`. Unset: the one of `KSERVE_URL_FORMAT`.",
    },
  ),
  timeoutMs: duration(
    "KSERVE_TIMEOUT",
    { min: "1s", max: "10m" },
    {
      default: "10s",
      meaning: "The longest a prediction may take. A caller's shorter deadline and the entry's `timeout` win.",
    },
  ),
  connectTimeoutMs: duration(
    "KSERVE_CONNECT_TIMEOUT",
    { min: "100ms", max: "1m" },
    {
      default: "2s",
      meaning: "The longest a connection to a model server may take to open.",
    },
  ),
  caFile: text("KSERVE_CA_FILE", "a path to a PEM file", {
    meaning:
      "Certificates of authorities, besides the usual ones, for model servers that are reached by https: the service CA of OpenShift. Read again when it changes.",
  }),
  clientCertFile: text("KSERVE_CLIENT_CERT_FILE", "a path to a PEM file", {
    meaning: "The certificate that is shown to model servers that are reached by https. Read again when it changes.",
  }),
  clientKeyFile: text("KSERVE_CLIENT_KEY_FILE", "a path to a PEM file", {
    meaning: "The private key of `KSERVE_CLIENT_CERT_FILE`.",
  }),
  credentialsDirs: list(
    "KSERVE_CREDENTIALS_DIRS",
    "absolute paths of folders with commas between them",
    {
      default: "/var/run/secrets/model,/etc/ca",
      meaning:
        "The folders that the files named by entries (`tokenFile`, `caFile`, `clientCertFile`, `clientKeyFile`) have to lie in, after links are followed. A folder with the tokens of this service itself must not be among them.",
    },
    (item): item is string => item.startsWith("/") && item !== "/",
  ),
  idleTimeoutMs: duration(
    "KSERVE_IDLE_TIMEOUT",
    { min: "1s", max: "60s" },
    {
      default: "30s",
      meaning: "When an idle connection to a model server is closed. KServe closes its own side at 65s.",
    },
  ),
  maxInFlight: integer(
    "KSERVE_MAX_IN_FLIGHT",
    { min: 1, max: 100_000 },
    {
      default: "256",
      meaning: "How many predictions of one model may be under way; more of them wait for one to end.",
    },
  ),
  maxQueued: integer(
    "KSERVE_MAX_QUEUED",
    { min: 0, max: 100_000 },
    {
      default: "256",
      meaning:
        "How many predictions of one model may wait for one under way to end, first in, first out; above, Predict answers RESOURCE_EXHAUSTED. As many as may be under way: a burst of twice that passes, and the last of it waits about as long as one prediction takes.",
    },
  ),
  queueTimeoutMs: duration(
    "KSERVE_QUEUE_TIMEOUT",
    { min: "10ms", max: "10m" },
    {
      default: "1s",
      meaning:
        "How long a prediction may wait for a place. Where none becomes free in that time the model is slower than its callers, and they had better know soon.",
    },
  ),
  maxWaiting: integer(
    "KSERVE_MAX_WAITING",
    { min: 0, max: 100_000 },
    {
      default: "1000",
      meaning: "How many predictions of one model may wait for it to become ready (`wait_for_ready`).",
    },
  ),
  retryBudget: integer(
    "KSERVE_RETRY_BUDGET",
    { min: 0, max: 100 },
    {
      default: "20",
      meaning:
        "How many requests to one model may be sent again, in percent of those of the last 10 seconds, and 3 in any case. Only requests are sent again that no model server can have begun to work on. `0` sends nothing again.",
    },
  ),
  breakerFailures: integer(
    "KSERVE_BREAKER_FAILURES",
    { min: 0, max: 1000 },
    {
      default: "5",
      meaning:
        "After how many calls in a row that cannot connect or break a model is not called any more, until it answers a readiness check. `0` turns the breaker off.",
    },
  ),
  breakerOpenMs: duration(
    "KSERVE_BREAKER_OPEN_TIME",
    { min: "100ms", max: "10m" },
    {
      default: "5s",
      meaning: "How long a model whose breaker has opened is left alone before it is asked whether it is back.",
    },
  ),
  maxResponseBytes: size(
    "KSERVE_MAX_RESPONSE_SIZE",
    { min: "1KiB", max: "1GiB" },
    {
      default: "64MiB",
      meaning: "The largest answer that is taken from a model server.",
    },
  ),
  readinessIntervalMs: duration(
    "KSERVE_READINESS_INTERVAL",
    { min: "1s", max: "1h", off: true },
    {
      default: "10s",
      meaning:
        "How often each model is asked whether it is ready, at times spread over the interval. At most 100 are asked a second, so a round of more than 1,000 models takes longer.",
    },
  ),
  readinessTimeoutMs: duration(
    "KSERVE_READINESS_TIMEOUT",
    { min: "100ms", max: "1m" },
    {
      default: "2s",
      meaning: "How long a readiness check may take.",
    },
  ),
} as const;

const kubernetesVariables = {
  kubernetesSources: list(
    "KSERVE_KUBERNETES_SOURCES",
    `sources out of ${kubernetesSourceKinds.join(", ")}, with commas between them`,
    {
      default: "",
      meaning:
        "What to watch in Kubernetes: `config-map`, a ConfigMap with a models list; `model-registration`, the custom resource; `discovery`, InferenceServices by label.",
    },
    (item): item is KubernetesSourceKind => kubernetesSourceKinds.some((kind) => kind === item),
  ),
  configMap: checked(
    "KSERVE_CONFIG_MAP",
    "`name` or `namespace/name`",
    {
      default: "kserve-model-registry",
      meaning:
        "The ConfigMap of the source `config-map`, with the key `models.yaml`. Default namespace: the pod's own.",
    },
    (value) => parseObjectName(value, "default") !== undefined,
  ),
  discoverySelector: checked(
    "KSERVE_DISCOVERY_SELECTOR",
    "a label selector as kubectl takes it, or *",
    {
      default: "kserve-model-registry/enabled=true",
      meaning: "Which InferenceServices the source `discovery` registers. `*` takes all.",
    },
    (value) => parseLabelSelector(value) !== undefined,
  ),
  watchNamespaces: list(
    "KSERVE_WATCH_NAMESPACES",
    "namespaces with commas between them",
    {
      default: "",
      meaning:
        "The namespaces to watch ModelRegistrations and InferenceServices in; no call for the whole cluster is made then. Empty: all.",
    },
    (item): item is string => isDnsLabel(item),
  ),
  clusters: list(
    "KSERVE_CLUSTERS",
    "contexts of the kubeconfig with commas between them, each a DNS label",
    {
      default: "",
      meaning: "Further clusters to watch beside the own one. Their contexts stand in the files of `KUBECONFIG`.",
    },
    (item): item is string => isDnsLabel(item),
  ),
  trustedNamespaces: list(
    "KSERVE_TRUSTED_NAMESPACES",
    "namespaces with commas between them",
    {
      meaning:
        "The namespaces whose ModelRegistrations and InferenceServices may speak for every namespace, as the platform does. Objects elsewhere speak for their own namespace alone. Unset: the pod's own namespace, where it is known; empty: none.",
    },
    (item): item is string => isDnsLabel(item),
  ),
  clusterTrustedNamespaces: list(
    "KSERVE_CLUSTER_TRUSTED_NAMESPACES",
    "cluster/namespace with commas between them",
    {
      default: "",
      meaning:
        "The same for the clusters of `KSERVE_CLUSTERS`, their ConfigMaps included: `spoke-1/platform`. Empty: none.",
    },
    (item): item is string => item.split("/").length === 2 && item.split("/").every(isDnsLabel),
  ),
  podNamespace: checked(
    "POD_NAMESPACE",
    "a DNS label",
    {
      meaning:
        "The namespace that the pod runs in, by the downward API. Unset: what the mounted ServiceAccount says, where there is one.",
    },
    isDnsLabel,
  ),
  controllerLease: checked(
    "CONTROLLER_LEASE",
    "`name` or `namespace/name`",
    {
      default: "kserve-model-registry-controller",
      meaning:
        "The Lease by which the processes of `kserve-model-registry controller` choose the one that writes. Default namespace: the pod's own.",
    },
    (value) => parseObjectName(value, "default") !== undefined,
  ),
  kubeconfig: text("KUBECONFIG", "paths of kubeconfig files, as kubectl takes them", {
    meaning:
      "How to reach the API server. Unset, or without a current context: by the ServiceAccount of the pod; outside of a cluster by `~/.kube/config`.",
  }),
} as const;

const serverVariables = {
  port: integer(
    "PORT",
    { min: 0, max: 65_535 },
    {
      default: "8080",
      meaning: "The one port for every protocol. `0` takes a free one, which the log names.",
    },
  ),
  host: text("HOST", "an address to listen on", {
    default: "::",
    meaning: "The address to listen on. `::` takes IPv4 and IPv6, where the machine has it.",
  }),
  tlsCertFile: text("TLS_CERT_FILE", "a path to a PEM file", {
    meaning: "The certificate chain. With `TLS_KEY_FILE` the port speaks TLS; both are read again when they change.",
  }),
  tlsKeyFile: text("TLS_KEY_FILE", "a path to a PEM file", { meaning: "The private key of `TLS_CERT_FILE`." }),
  corsAllowedOrigins: list("CORS_ALLOWED_ORIGINS", "origins with commas between them, or *", {
    default: "*",
    meaning: "The origins whose pages may call this server from a browser. Empty turns CORS off.",
  }),
  maxRequestBytes: size(
    "MAX_REQUEST_SIZE",
    { min: "1KiB", max: "1GiB" },
    {
      default: "16MiB",
      meaning: "The largest request message, before and after decompression.",
    },
  ),
  maxQueryBytes: size(
    "MAX_QUERY_SIZE",
    { min: "1KiB", max: "1GiB" },
    {
      default: "64KiB",
      meaning:
        "The largest request message, before and after decompression, of an RPC that asks and brings no data: to list, get and watch, of health and of reflection.",
    },
  ),
  maxMessageValues: integer(
    "MAX_MESSAGE_VALUES",
    { min: 1000, max: 100_000_000 },
    {
      default: "50000",
      meaning:
        "How many values a message may have that is decoded into objects: fields, items and members, with 16 numbers of a tensor for one. That is every message of an RPC but those that the fast path takes. A fifth as many instances may be evaluated at once, and five times as many values may an answer have that is decoded.",
    },
  ),
  maxBytesInMemory: size(
    "MAX_BYTES_IN_MEMORY",
    { min: "1MiB", max: "64GiB" },
    {
      default: "256MiB",
      meaning:
        "How many bytes of requests and answers may be held for all calls together; above, calls are refused with RESOURCE_EXHAUSTED (HTTP 503). Beside them the process needs about as much again while it transcodes: a quarter of the memory of the container is a good value.",
    },
  ),
  bodyTimeoutMs: duration(
    "BODY_TIMEOUT",
    { min: "1s", max: "1h" },
    {
      default: "1m",
      meaning:
        "How long the body of a request may take to arrive, from its head on. A request that streams may pause for so long.",
    },
  ),
  answerTimeoutMs: duration(
    "ANSWER_TIMEOUT",
    { min: "1s", max: "1h" },
    {
      default: "2m",
      meaning:
        "How long a caller may take to take an answer once it is complete. A stream, such as a watch, is ended when its caller has taken nothing for so long of what waits for it.",
    },
  ),
  maxHeaderBytes: size(
    "MAX_HEADER_SIZE",
    { min: "1KiB", max: "256KiB" },
    {
      default: "16KiB",
      meaning: "The largest head of a request: its path and its headers together.",
    },
  ),
  headersTimeoutMs: duration(
    "HEADERS_TIMEOUT",
    { min: "100ms", max: "5m" },
    {
      default: "10s",
      meaning: "How long the head of a request may take to arrive, and how long a TLS handshake.",
    },
  ),
  idleConnectionTimeoutMs: duration(
    "IDLE_TIMEOUT",
    { min: "1s", max: "24h" },
    {
      default: "5m",
      meaning:
        "When a connection without a call is closed. A call under way, a silent watch included, keeps its connection open.",
    },
  ),
  maxConnections: integer(
    "MAX_CONNECTIONS",
    { min: 1, max: 1_000_000 },
    {
      default: "10000",
      meaning:
        "How many connections may be open at once; above, new ones are closed, but for those of probes, which have 64 places of their own.",
    },
  ),
  maxConnectionAgeMs: duration(
    "MAX_CONNECTION_AGE",
    { min: "1s", max: "168h", off: true },
    {
      default: "1h",
      meaning:
        "When a connection is asked to go, give or take a tenth, so that callers find new instances: by GOAWAY over HTTP/2, by `connection: close` over HTTP/1.1. Calls under way finish.",
    },
  ),
  maxConnectionAgeGraceMs: duration(
    "MAX_CONNECTION_AGE_GRACE",
    { min: "1s", max: "168h" },
    {
      default: "10m",
      meaning: "How long calls may then take to finish. A watch that is cut goes on elsewhere by its resume token.",
    },
  ),
  maxConcurrentStreams: integer(
    "MAX_CONCURRENT_STREAMS",
    { min: 1, max: 100_000 },
    {
      default: "1000",
      meaning: "How many calls may be under way on one HTTP/2 connection; more are refused, unprocessed.",
    },
  ),
  maxResetRate: integer(
    "MAX_RESET_RATE",
    { min: 1, max: 100_000 },
    {
      default: "200",
      meaning:
        "How many streams a second an HTTP/2 connection may reset, with ten seconds' worth at once; one that resets more is closed.",
    },
  ),
  maxControlFrameRate: integer(
    "MAX_CONTROL_FRAME_RATE",
    { min: 1, max: 100_000 },
    {
      default: "100",
      meaning:
        "How many PING and SETTINGS frames a second an HTTP/2 connection may send, with ten seconds' worth at once; one that sends more is closed.",
    },
  ),
  maxJsonDepth: integer(
    "MAX_JSON_DEPTH",
    { min: 4, max: 512 },
    {
      default: "64",
      meaning: "How deep JSON may be nested in a prediction.",
    },
  ),
  fastPath: flag("FAST_PATH", {
    default: "on",
    meaning:
      "`off` serves Predict by way of Connect alone, as every other RPC is. The answers are the same; the fast path costs less.",
  }),
  shutdownDelayMs: duration(
    "SHUTDOWN_DELAY",
    { min: "0s", max: "5m" },
    {
      meaning:
        "How long after SIGTERM the server goes on serving while it says that it is not ready, so that balancers turn to others before it closes. Unset: `5s` in a cluster, else `0s`.",
    },
  ),
  shutdownGraceMs: duration(
    "SHUTDOWN_GRACE",
    { min: "0s", max: "10m" },
    {
      default: "20s",
      meaning: "How long calls under way may take to finish after SIGTERM and SHUTDOWN_DELAY.",
    },
  ),
  logLevel: choice("LOG_LEVEL", ["trace", "debug", "info", "warn", "error", "fatal", "silent"], {
    default: "info",
    meaning: "The least important log lines to write. Calls are logged at `info`.",
  }),
  otlpEndpoint: checked(
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "a base address",
    { meaning: "Where OpenTelemetry traces go, by OTLP over HTTP with protobuf. Unset: no traces, at no cost." },
    (value) => baseUrlProblem(value) === undefined,
  ),
  otelServiceName: text("OTEL_SERVICE_NAME", "a name", {
    default: "kserve-model-registry",
    meaning: "The name of this service in traces.",
  }),
} as const;

/** Variables of the command line's client commands, which the server knows but does not read. */
const clientVariables: readonly string[] = ["KSERVE_MODEL_REGISTRY_ADDRESS", "KSERVE_MODEL_REGISTRY_TOKEN_FILE"];

/** Every variable with a fixed name, in groups, for the parser and the documentation. */
export const variableGroups = [
  { title: "Models", variables: modelVariables },
  { title: "Kubernetes", variables: kubernetesVariables },
  { title: "Server", variables: serverVariables },
  { title: "Access control", variables: accessVariables },
  { title: "Typed contracts", variables: contractVariables },
  { title: "Registry of versions", variables: databaseVariables },
  { title: "Registry of versions, as Kubeflow's manifests name it", variables: kubeflowVariables },
] as const;

/** The legacy variables, whose names depend on the models. */
export const legacyVariables = [
  {
    name: "KSERVE_<X>_SERVICE",
    form: "a DNS label",
    meaning: "The service of model `x` (`KSERVE_ANOMALY_DETECTOR_SERVICE` is `anomaly-detector`). Deprecated.",
  },
  {
    name: "KSERVE_<X>_MODEL",
    form: "a name",
    meaning: "The name of model `x` in the path of its server, where it differs. Deprecated.",
  },
] as const;

const variables = {
  ...modelVariables,
  ...kubernetesVariables,
  ...serverVariables,
  ...accessVariables,
  ...contractVariables,
  ...databaseVariables,
  ...kubeflowVariables,
};
type Variables = typeof variables;
type ValueOf<V> = V extends Variable<infer T> ? T : never;

/** Variables with a default are always there. */
export type Config = {
  readonly [K in keyof Variables]: ValueOf<Variables[K]> | (K extends Optional ? undefined : never);
} & {
  readonly namespace: string;
  readonly trustedNamespaces: readonly string[];
};

type Optional =
  | "modelRegistry"
  | "modelsFile"
  | "predictorPort"
  | "tlsCertFile"
  | "tlsKeyFile"
  | "caFile"
  | "clientCertFile"
  | "clientKeyFile"
  | "otlpEndpoint"
  | "kubeconfig"
  | "podNamespace"
  | OptionalAccess
  | OptionalDatabase;

/** A start that is refused, with every problem. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `The configuration has ${problems.length} problem${problems.length === 1 ? "" : "s"}:\n${problems.map((p) => `  - ${p}`).join("\n")}`,
    );
    this.name = "ConfigError";
    this.problems = problems;
  }
}

const serviceAccountNamespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
/** About what it takes until every node of a cluster knows that a pod is no longer ready. */
const clusterShutdownDelayMs = 5000;
const lastResortNamespace = "self-healing-platform";

/** Variables that are not the same empty as unset. */
const emptySaysSomething: ReadonlySet<string> = new Set(["corsAllowedOrigins", "trustedNamespaces"]);

/** Reads the environment. An empty variable counts as unset, except where emptiness says something. */
export function readConfig(
  env: Env,
  podNamespace: () => string | undefined = readPodNamespace,
): { config: Config; problems: readonly string[]; warnings: readonly string[] } {
  const { problems, warnings } = unknownVariables(env);
  const values: Record<string, unknown> = {};
  for (const [key, variable] of Object.entries(variables) as [string, Variable<unknown>][]) {
    const written = env[variable.name];
    const given = written === undefined || (written === "" && !emptySaysSomething.has(key)) ? undefined : written;
    if (given !== undefined && isServiceLink(given)) {
      warnings.push(`${variable.name}=${given} was set by Kubernetes for a Service of that name; it is ignored`);
    } else if (given !== undefined) {
      values[key] = variable.parse(given.trim());
      if (values[key] !== undefined) continue;
      const found = variable.secret ? "" : `, found ${JSON.stringify(withoutPassword(given).slice(0, 100))}`;
      problems.push(`${variable.name}: expected ${variable.form}${found}`);
    }
    values[key] = variable.default === undefined ? undefined : variable.parse(variable.default);
  }
  values.podNamespace ??= podNamespace();
  values.trustedNamespaces ??= values.podNamespace === undefined ? [] : [values.podNamespace];
  values.namespace ??= values.podNamespace ?? lastResortNamespace;
  values.shutdownDelayMs ??= values.podNamespace === undefined ? 0 : clusterShutdownDelayMs;
  if ((values.tlsCertFile === undefined) !== (values.tlsKeyFile === undefined)) {
    problems.push("TLS_CERT_FILE, TLS_KEY_FILE: expected both or neither");
  }
  if ((values.clientCertFile === undefined) !== (values.clientKeyFile === undefined)) {
    problems.push("KSERVE_CLIENT_CERT_FILE, KSERVE_CLIENT_KEY_FILE: expected both or neither");
  }
  if (Number(values.maxBytesInMemory) < Number(values.maxRequestBytes)) {
    problems.push("MAX_BYTES_IN_MEMORY: expected at least MAX_REQUEST_SIZE, or no such request could be taken");
  }
  problems.push(...accessProblems(values as unknown as Config));
  return { config: Object.freeze(values) as Config, problems, warnings };
}

/** A value as it may be shown: an address may hold a user and a password, which is seldom why it is refused. */
function withoutPassword(value: string): string {
  return value.replace(/:\/\/.*@/s, "://***@");
}

/** Kubernetes sets `X_PORT=tcp://10.0.0.1:80` in every pod for a Service named `x`, whatever we call our variables. */
function isServiceLink(value: string): boolean {
  return /^(tcp|udp|sctp):\/\/[\d.:[\]a-f]+$/.test(value);
}

const legacyName = /^KSERVE_[A-Z0-9_]+_(SERVICE|MODEL)$/;
const serviceLinkName = /_(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT(_\d+_(TCP|UDP|SCTP)(_.+)?)?)$/;

/** Variables with these beginnings are ours alone, and guard something or say where models are. */
const ownName = /^(AUTH|OIDC|TLS|KSERVE)_/;

/**
 * Variables that nobody reads. One that is nearly a known one was meant to be it, and the server would start without what
 * it says, unprotected perhaps: that is a problem. Others with our beginnings are named in a warning.
 */
function unknownVariables(env: Env): { problems: string[]; warnings: string[] } {
  const known = [...Object.values(variables).map((variable) => variable.name), ...clientVariables];
  const unknown = Object.keys(env)
    .filter((name) => ownName.test(name) && !known.includes(name as never))
    .filter((name) => !legacyName.test(name) && !serviceLinkName.test(name))
    .sort();
  const problems: string[] = [];
  const warnings: string[] = [];
  for (const name of unknown) {
    const meant = nearest(name, known);
    if (meant !== undefined) problems.push(`${name}: unknown variable; did you mean ${meant}?`);
    else warnings.push(`${name}: unknown variable, ignored`);
  }
  return { problems, warnings };
}

function readPodNamespace(): string | undefined {
  try {
    const namespace = readFileSync(serviceAccountNamespaceFile, "utf8").trim();
    return isDnsLabel(namespace) ? namespace : undefined;
  } catch {
    return undefined;
  }
}
