import type { ModelRef } from "../registry/model-key.ts";
import { qualifiedName, splitName } from "../registry/registered-name.ts";
import { reservedSegments } from "./reserved-words.ts";

/** What the typed service of a model is called. */
export interface ContractNames {
  /** `kserve.models.disk_failure_predictor.v1` */
  readonly packageName: string;
  /** `DiskFailurePredictor` */
  readonly serviceName: string;
  /** `kserve.models.disk_failure_predictor.v1.DiskFailurePredictor` */
  readonly service: string;
  /** `kserve/models/disk_failure_predictor/v1/disk_failure_predictor.proto` */
  readonly fileName: string;
}

/** The one method of every typed service. */
export const predictMethod = "Predict";

/** The messages that stand beside a service in its package. */
export const messageNames = {
  request: "PredictRequest",
  instance: "Instance",
  response: "PredictResponse",
  prediction: "Prediction",
} as const;

/** What services may not be called: their messages, or what is made of these, or what is within a service in C++. */
const takenNames: ReadonlySet<string> = new Set([
  ...Object.values(messageNames).flatMap((name) =>
    ["", "OrBuilder", "Schema", "Json", "Valid", "DefaultTypeInternal"].map((suffix) => name + suffix),
  ),
  ...["Stub", "StubInterface", "Service", "AsyncService", "CallbackService", "ExperimentalCallbackService"],
  ...["StreamedService", "StreamedUnaryService", "SplitStreamedService"],
  // The server of tonic makes a trait of the service, beside these.
  ...["Arc", "Body", "Box", "BoxFuture", "Clone", "Context", "Default", "Into", "Option", "Poll", "Result", "Send"],
  ...["StdError", "Sync", "Vec"],
]);

const prefix = "model-";

/**
 * The names of a model's contract. No two models share a package: a DNS label holds no underscore, so dashes can become
 * underscores, and `needsPrefix` sees to the rest. A model that is registered as `cluster/name` has its package below
 * that of its cluster, `kserve.clusters.spoke_1.disk_failure_predictor.v1`; with its namespace it is
 * `kserve.namespaces.team_b.disk_failure_predictor.v1`, whichever model holds the bare name.
 *
 * @param model the registered name, a DNS label or two with a slash between
 * @param namespace empty: the contract of whichever model holds the name
 */
export function contractNames(model: string, namespace = ""): ContractNames {
  const { cluster, name } = splitName(model);
  const segment = segmentOf(name);
  const place = [cluster, namespace].filter((label) => label !== "").map(segmentOf);
  const path = ["kserve", scopeOf(cluster !== "", namespace !== ""), ...place, segment, "v1"];
  const packageName = path.join(".");
  const folder = path.join("/");
  const pascal = segment.replace(/(?:^|_+)([a-z0-9])/g, (_, first: string) => first.toUpperCase());
  const serviceName = takenNames.has(pascal) ? `Model${pascal}` : pascal;
  return {
    packageName,
    serviceName,
    service: `${packageName}.${serviceName}`,
    fileName: `${folder}/${fileStem(segment)}.proto`,
  };
}

/** The word that says what the segments behind it are, so that a package has one meaning. */
function scopeOf(hasCluster: boolean, hasNamespace: boolean): Scope {
  if (hasCluster) return hasNamespace ? "cluster_namespaces" : "clusters";
  return hasNamespace ? "namespaces" : "models";
}

type Scope = "models" | "namespaces" | "clusters" | "cluster_namespaces";

function segmentOf(label: string): string {
  return (needsPrefix(label) ? prefix + label : label).replaceAll("-", "_");
}

/**
 * A file of Go whose name ends with a system or an architecture, as `disk_windows.pb.go` does, is left out of builds for
 * all others.
 */
function fileStem(segment: string): string {
  return goBuildSuffix.test(segment) ? `${segment}_model` : segment;
}

const goBuildSuffix = new RegExp(
  `_(?:${[
    "aix|android|darwin|dragonfly|freebsd|hurd|illumos|ios|js|linux|nacl|netbsd|openbsd|plan9|solaris|wasip1|windows|zos",
    "386|amd64|amd64p32|arm|armbe|arm64|arm64be|loong64|mips|mipsle|mips64|mips64le|mips64p32|mips64p32le|ppc|ppc64",
    "ppc64le|riscv|riscv64|s390|s390x|sparc|sparc64|wasm",
  ].join("|")})(?:_test)?$`,
);

/** How many labels of a place stand before the segment of the model. */
const placeLabels: Readonly<Record<Scope, number>> = { models: 0, namespaces: 1, clusters: 1, cluster_namespaces: 2 };

/** Longer than any label with its prefix: what callers ask for may be of any length. */
const segmentPattern = /^[a-z][a-z0-9_]{0,79}$/;
const scopePattern = /^kserve[./](models|namespaces|clusters|cluster_namespaces)[./]/;
const maxNameChars = 600;

/** The model that a full name in the package of its contract belongs to; undefined when no model could have it. */
export function modelOfSymbol(symbol: string): ModelRef | undefined {
  return modelOfPath(symbol, ".");
}

/** The model that a service belongs to; undefined when no model could have it. A name has one way to be written. */
export function modelOfService(service: string): ModelRef | undefined {
  const model = modelOfSymbol(service);
  return model === undefined || namesOf(model).service !== service ? undefined : model;
}

/** The model whose contract is a file; undefined when no model could have it. */
export function modelOfFile(fileName: string): ModelRef | undefined {
  const model = modelOfPath(fileName, "/");
  return model === undefined || namesOf(model).fileName !== fileName ? undefined : model;
}

function namesOf({ name, namespace }: ModelRef): ContractNames {
  return contractNames(name, namespace);
}

/** The model whose package, or its folder, a text begins with. */
function modelOfPath(text: string, separator: "." | "/"): ModelRef | undefined {
  if (text.length > maxNameChars) return undefined;
  const scope = scopePattern.exec(text)?.[1] as Scope | undefined;
  if (scope === undefined) return undefined;
  const [root, , ...segments] = text.split(separator);
  const count = placeLabels[scope];
  if (root !== "kserve" || segments[count + 1] !== "v1") return undefined;
  const labels = segments
    .slice(0, count + 1)
    .map((segment) => (segmentPattern.test(segment) ? labelOf(segment) : undefined));
  if (!labels.every((label) => label !== undefined)) return undefined;
  const name = labels.at(-1)!;
  const cluster = scope.startsWith("cluster") ? labels[0]! : "";
  const namespace = scope.endsWith("namespaces") ? labels.at(-2)! : "";
  return { name: cluster === "" ? name : qualifiedName(cluster, name), namespace };
}

function labelOf(segment: string): string | undefined {
  const written = segment.replaceAll("_", "-");
  if (!needsPrefix(written)) return written;
  return written.startsWith(prefix) ? written.slice(prefix.length) : undefined;
}

/**
 * Whether a model's name cannot be part of a package as it is: it starts with a digit, means something in a language, or
 * hides the package `google` that the contract imports. A prefixed name needs the prefix as well, no matter who wrote it: so `3d` is
 * `model_3d`, `model-3d` is `model_model_3d`, and no two are the same.
 */
function needsPrefix(name: string): boolean {
  let bare = name;
  while (bare.startsWith(prefix)) bare = bare.slice(prefix.length);
  return /^\d/.test(bare) || reservedSegments.has(bare.replaceAll("-", "_"));
}
