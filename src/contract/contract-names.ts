import type { ModelRef } from "../registry/model-key.ts";
import { qualifiedName, splitName } from "../registry/registered-name.ts";
import { reservedSegments } from "./reserved-words.ts";

/** The names of a model's typed service. */
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

/** The messages in the package of a service. */
export const messageNames = {
  request: "PredictRequest",
  instance: "Instance",
  response: "PredictResponse",
  prediction: "Prediction",
} as const;

/**
 * Names that services cannot have: those of their messages, of code generated from these, or of members of a service in
 * C++.
 */
const takenNames: ReadonlySet<string> = new Set([
  ...Object.values(messageNames).flatMap((name) =>
    ["", "OrBuilder", "Schema", "Json", "Valid", "DefaultTypeInternal"].map((suffix) => name + suffix),
  ),
  ...["Stub", "StubInterface", "Service", "AsyncService", "CallbackService", "ExperimentalCallbackService"],
  ...["StreamedService", "StreamedUnaryService", "SplitStreamedService"],
  // tonic's server generates a trait with the name of the service, next to these.
  ...["Arc", "Body", "Box", "BoxFuture", "Clone", "Context", "Default", "Into", "Option", "Poll", "Result", "Send"],
  ...["StdError", "Sync", "Vec"],
]);

const prefix = "model-";

/**
 * The names of a model's contract. No two models share a package: DNS labels contain no underscores, so dashes can
 * become underscores, and `needsPrefix` handles the rest. A model registered as `cluster/name` has its package below
 * its cluster's, `kserve.clusters.spoke_1.disk_failure_predictor.v1`; with its namespace it is
 * `kserve.namespaces.team_b.disk_failure_predictor.v1`, whichever model holds the bare name.
 *
 * @param model the registered name, a DNS label or two with a slash between them
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

/** The segment that says what the following ones are, so that a package has only one meaning. */
function scopeOf(hasCluster: boolean, hasNamespace: boolean): Scope {
  if (hasCluster) return hasNamespace ? "cluster_namespaces" : "clusters";
  return hasNamespace ? "namespaces" : "models";
}

type Scope = "models" | "namespaces" | "clusters" | "cluster_namespaces";

function segmentOf(label: string): string {
  return (needsPrefix(label) ? prefix + label : label).replaceAll("-", "_");
}

/**
 * Go builds a file whose name ends with an operating system or architecture, such as `disk_windows.pb.go`, only for
 * that one.
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

/** How many labels precede the segment of the model. */
const placeLabels: Readonly<Record<Scope, number>> = { models: 0, namespaces: 1, clusters: 1, cluster_namespaces: 2 };

/** Longer than any label with its prefix: callers may ask for names of any length. */
const segmentPattern = /^[a-z][a-z0-9_]{0,79}$/;
const scopePattern = /^kserve[./](models|namespaces|clusters|cluster_namespaces)[./]/;
const maxNameChars = 600;

/** The model that a full name in the package of its contract belongs to; undefined when no model could have it. */
export function modelOfSymbol(symbol: string): ModelRef | undefined {
  return modelOfPath(symbol, ".");
}

/** The model that a service belongs to; undefined when no model could have it. Each name has only one spelling. */
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

/** The model whose package or folder a text begins with. */
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
 * Whether a model's name cannot be part of a package as it is: it starts with a digit, is reserved in some language, or
 * hides the package `google` that the contract imports. Names that already have the prefix need it again: `3d` becomes
 * `model_3d`, and `model-3d` becomes `model_model_3d`, so no two are the same.
 */
function needsPrefix(name: string): boolean {
  let bare = name;
  while (bare.startsWith(prefix)) bare = bare.slice(prefix.length);
  return /^\d/.test(bare) || reservedSegments.has(bare.replaceAll("-", "_"));
}
