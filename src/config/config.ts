import { readFileSync } from "node:fs";
import { isDnsLabel } from "../base/field-reader.ts";
import { nearest } from "../base/nearest.ts";
import { withoutPassword } from "../base/without-password.ts";
import { accessProblems, accessVariables } from "./access-variables.ts";
import { catalogVariables } from "./catalog-variables.ts";
import type { ValuesOf, Variable } from "./config-variable.ts";
import { contractVariables } from "./contract-variables.ts";
import { controllerVariables } from "./controller-variables.ts";
import { databaseVariables, kubeflowVariables } from "./database-variables.ts";
import { kubernetesVariables } from "./kubernetes-variables.ts";
import { linkVariables } from "./link-variables.ts";
import { modelVariables } from "./model-variables.ts";
import { otlpProblems } from "./otlp-variables.ts";
import { serverVariables } from "./server-variables.ts";
import { storageVariables } from "./storage-variables.ts";
import { telemetryVariables } from "./telemetry-variables.ts";

/** Environment variables by name. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Variables of the command line's client commands, which the server knows but does not read. */
const clientVariables: readonly string[] = ["KSERVE_MODEL_REGISTRY_ADDRESS", "KSERVE_MODEL_REGISTRY_TOKEN_FILE"];

/** Every variable with a fixed name, in groups, for the parser and the documentation. */
export const variableGroups = [
  { title: "Models", variables: modelVariables },
  { title: "Kubernetes", variables: kubernetesVariables },
  { title: "Server", variables: serverVariables },
  { title: "Log and traces", variables: telemetryVariables },
  { title: "Access control", variables: accessVariables },
  { title: "Typed contracts", variables: contractVariables },
  { title: "Registry of versions", variables: databaseVariables },
  { title: "Links to registered versions", variables: linkVariables },
  { title: "InferenceServices in the registry of versions", variables: controllerVariables },
  { title: "Registry of versions, as Kubeflow's manifests name it", variables: kubeflowVariables },
  { title: "Catalog", variables: catalogVariables },
] as const;

/** The same of commands that run elsewhere than the server. */
export const commandVariableGroups = [{ title: "Storage initializer", variables: storageVariables }] as const;

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
    meaning: "The name of model `x` in its server's path, if it differs. Deprecated.",
  },
  {
    name: "KSERVE_<X>_PROTOCOL",
    form: "`v1`, `v2` or `grpc-v2`",
    meaning: "The protocol of the server of model `x`. Default: `v1`. Deprecated.",
  },
] as const;

type Table = (typeof variableGroups)[number]["variables"];
type KeyOf<T> = T extends unknown ? keyof T : never;
/** Each key has the type that it has in the one table that holds it. */
type Variables = { readonly [K in KeyOf<Table>]: Extract<Table, Record<K, unknown>>[K] };

/** The variables of all groups. */
const variables = Object.assign({}, ...variableGroups.map((group) => group.variables)) as Variables;

/** What the variables say. Undefined is one that is unset and has no default. */
export type Config = Omit<ValuesOf<Variables>, keyof Derived> & Derived;

/** Variables whose default depends on where the process runs. */
interface Derived {
  readonly namespace: string;
  readonly trustedNamespaces: readonly string[];
  readonly registriesNamespaces: readonly string[];
  readonly shutdownDelayMs: number;
}

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

/** Reads the environment of the storage initializer. Undefined is a variable that is unset and has no default. */
export function readStorageConfig(env: Env) {
  const { values, problems } = readVariables(storageVariables, env);
  return { config: Object.freeze(values) as unknown as ValuesOf<typeof storageVariables>, problems };
}

/** Reads each variable of a table. */
function readVariables(
  table: object,
  env: Env,
): { values: Record<string, unknown>; problems: string[]; warnings: string[] } {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  const warnings: string[] = [];
  for (const [key, variable] of Object.entries(table) as [string, Variable<unknown>][]) {
    const written = env[variable.name];
    const given = written === undefined || (written === "" && !variable.emptyCounts) ? undefined : written;
    if (given !== undefined && isServiceLink(given)) {
      warnings.push(`${variable.name}=${given} was set by Kubernetes for a Service of that name, and is ignored`);
    } else if (given !== undefined) {
      values[key] = variable.parse(given.trim());
      if (values[key] !== undefined) continue;
      const found = variable.secret ? "" : `, found ${JSON.stringify(withoutPassword(given).slice(0, 100))}`;
      problems.push(`${variable.name}: expected ${variable.form}${found}`);
    }
    values[key] = variable.default === undefined ? undefined : variable.parse(variable.default);
  }
  return { values, problems, warnings };
}

const serviceAccountNamespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
/** About what it takes until every node of a cluster knows that a pod is no longer ready. */
const clusterShutdownDelayMs = 5000;
/** Where Kubeflow's registry is. */
const usualRegistriesNamespace = "kubeflow";
const lastResortNamespace = "self-healing-platform";

/** Reads the environment. An empty variable counts as unset, except where emptiness says something. */
export function readConfig(
  env: Env,
  podNamespace: () => string | undefined = readPodNamespace,
): { config: Config; problems: readonly string[]; warnings: readonly string[] } {
  const unknown = unknownVariables(env);
  const { values, ...read } = readVariables(variables, env);
  const problems = [...unknown.problems, ...read.problems];
  const warnings = [...unknown.warnings, ...read.warnings];
  values.podNamespace ??= podNamespace();
  values.trustedNamespaces ??= values.podNamespace === undefined ? [] : [values.podNamespace];
  values.namespace ??= values.podNamespace ?? lastResortNamespace;
  values.registriesNamespaces ??= [values.podNamespace ?? usualRegistriesNamespace];
  values.shutdownDelayMs ??= values.podNamespace === undefined ? 0 : clusterShutdownDelayMs;
  if ((values.tlsCertFile === undefined) !== (values.tlsKeyFile === undefined)) {
    problems.push("TLS_CERT_FILE, TLS_KEY_FILE: expected both or neither");
  }
  if ((values.clientCertFile === undefined) !== (values.clientKeyFile === undefined)) {
    problems.push("KSERVE_CLIENT_CERT_FILE, KSERVE_CLIENT_KEY_FILE: expected both or neither");
  }
  if (Number(values.maxBytesInMemory) < Number(values.maxRequestBytes)) {
    problems.push(
      "MAX_BYTES_IN_MEMORY: expected at least MAX_REQUEST_SIZE; otherwise requests of that size could never be accepted",
    );
  }
  problems.push(...accessProblems(values as unknown as Config), ...otlpProblems(values as unknown as Config));
  return { config: Object.freeze(values) as unknown as Config, problems, warnings };
}

/** Kubernetes sets `X_PORT=tcp://10.0.0.1:80` in every pod for a Service named `x`, whatever we call our variables. */
function isServiceLink(value: string): boolean {
  return /^(tcp|udp|sctp):\/\/[\d.:[\]a-f]+$/.test(value);
}

const legacyName = /^KSERVE_[A-Z0-9_]+_(SERVICE|MODEL|PROTOCOL)$/;
const serviceLinkName = /_(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT(_\d+_(TCP|UDP|SCTP)(_.+)?)?)$/;

/** Variables with these beginnings are ours alone, and guard something or say where models are. */
const ownName = /^(AUTH|OIDC|TLS|KSERVE|CATALOG)_/;

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
