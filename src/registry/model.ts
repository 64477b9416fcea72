import type { ModelKey } from "./model-key.ts";
import type { VersionRef } from "./version-ref.ts";

/** What kind of model an entry describes, as the documents write it. */
export const modelTypes = ["anomaly", "predictive", "classification"] as const;
export type ModelType = (typeof modelTypes)[number];

/** Where an entry comes from, in order of precedence among entries that are equally trusted. */
export const sourceKinds = [
  "model-registration",
  "config-map",
  "file",
  "environment",
  "legacy-environment",
  "discovery",
] as const;
export type SourceKind = (typeof sourceKinds)[number];

/** What a Kubernetes cluster can be a source of. */
export const kubernetesSourceKinds = ["config-map", "model-registration", "discovery"] as const satisfies SourceKind[];
export type KubernetesSourceKind = (typeof kubernetesSourceKinds)[number];

/**
 * The protocol of a model server: KServe's v1 REST API, or the Open Inference Protocol (KServe's v2) over REST or gRPC.
 */
export const modelProtocols = ["v1", "v2", "grpc-v2"] as const;
export type ModelProtocol = (typeof modelProtocols)[number];

/** How a value is compared with a threshold: value, comparison, threshold. */
export const comparisons = [">=", ">", "<=", "<", "==", "!="] as const;
export type Comparison = (typeof comparisons)[number];

/** Files with this service's credentials for a model server, as an entry names them. Absolute paths. */
export interface Credentials {
  /** Certificates of authorities, as PEM, besides the usual ones. */
  readonly caFile: string | undefined;
  /** The client certificate for the model server, as PEM. Always together with `clientKeyFile`. */
  readonly clientCertFile: string | undefined;
  readonly clientKeyFile: string | undefined;
  /** A bearer token. */
  readonly tokenFile: string | undefined;
}

/** What should make a caller ask a model: a bare `name`, or a rule `{type, metric, threshold, comparison}`. */
export interface Trigger {
  readonly name?: string;
  readonly type?: string;
  readonly metric?: string;
  readonly threshold?: number;
  readonly comparison?: Comparison;
}

/** What a value of a feature must be. */
export const featureTypes = ["number", "integer", "boolean", "string"] as const;
export type FeatureType = (typeof featureTypes)[number];

/** A value that a feature can have. */
export type FeatureValue = number | string | boolean | null;

/** One column of the rows that a model takes. */
export interface InputFeature {
  /** Unique within the model. */
  readonly name: string;
  /** Undefined when only the name is declared: any JSON value is passed on then. */
  readonly type?: FeatureType;
  readonly unit?: string;
  /** Inclusive; for numbers. */
  readonly min?: number;
  /** Inclusive; for numbers. */
  readonly max?: number;
  readonly nullable?: boolean;
  /** For rows by name that leave the feature out. */
  readonly default?: FeatureValue;
  /** The values that are allowed; at least one. */
  readonly values?: readonly FeatureValue[];
  readonly description?: string;
}

/** How a model server wants its rows. */
export const inputFormats = ["array", "record", "record-of-lists", "columnar"] as const;
export type InputFormat = (typeof inputFormats)[number];

/** How many predictions a model may answer, where it is not one for each instance. */
export const predictionCounts = ["any"] as const;
export type PredictionCount = (typeof predictionCounts)[number];

/** Where the value that matters is in a prediction, what it means, and from which value on it calls for action. */
export interface OutputFormat {
  /** A key, which may have dots in it, an index, or a path of them with dots between. Undefined: the prediction itself. */
  readonly field?: string;
  readonly threshold?: number;
  /** Always together with `threshold`. */
  readonly comparison?: Comparison;
  /** What values mean, by the value as JSON text (strings without quotes). */
  readonly labels?: Readonly<Record<string, string>>;
  /** The size of each dimension of one prediction; empty for a single value. */
  readonly shape?: readonly number[];
  /** `any` where the model answers more or fewer predictions than instances on purpose. Default: one for each. */
  readonly count?: PredictionCount;
}

/** The owner's advice, with any further keys as they were written. */
export interface RemediationAction {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** One entry of a source, checked and with its defaults filled in. Never changed once made. */
export interface ModelEntry {
  /** A DNS label. */
  readonly name: string;
  /** The Kubernetes Service, a DNS label. Empty when `url` alone says where the model is. */
  readonly service: string;
  /** The Kubernetes namespace, a DNS label. */
  readonly namespace: string;
  /** Unknown only for legacy entries. */
  readonly type: ModelType | undefined;
  readonly description: string;
  /** The base address, without a trailing slash, where the entry gives one. */
  readonly url: string | undefined;
  /** The port of `service`, where the entry gives one. */
  readonly port: number | undefined;
  /** The model server's name for it: in the path, or in the gRPC message. */
  readonly model: string;
  /** The protocol of its server; undefined where the entry does not say, and its InferenceService may. */
  readonly protocol: ModelProtocol | undefined;
  /** The longest a prediction may take, where it differs from the default of the service. */
  readonly timeoutMs: number | undefined;
  /** Whether the caller's `authorization` header goes to the model. */
  readonly forwardAuthorization: boolean;
  /** The credentials of this service towards the model; undefined when the entry names none. */
  readonly credentials: Credentials | undefined;
  readonly triggers: readonly Trigger[];
  /** In the order the model expects its columns. Empty: nothing is declared. */
  readonly inputFeatures: readonly InputFeature[];
  /** Anything but `array` needs declared features. */
  readonly inputFormat: InputFormat;
  readonly outputFormat: OutputFormat | undefined;
  readonly remediationActions: readonly RemediationAction[];
  /** The version of the registry of versions that the model is, where the entry says so. */
  readonly version?: VersionRef;
}

/** A version's declarations about rows and predictions, checked like those of an entry. */
export interface VersionDeclarations {
  /** Empty: none. */
  readonly inputFeatures: readonly InputFeature[];
  readonly inputFormat: InputFormat;
  readonly outputFormat: OutputFormat | undefined;
}

/** The version that a reference resolves to, as the registry of versions has it. */
export interface FoundVersion {
  readonly state: "found";
  readonly registeredModel: string;
  readonly registeredModelId: string;
  /** The name of the version. */
  readonly version: string;
  readonly versionId: string;
  /** The aliases that point to this version, by name. */
  readonly aliases: readonly string[];
  /** Whether the version, or its model, is archived. */
  readonly archived: boolean;
  /** The namespaces whose service accounts own the model or are the author of the version. */
  readonly namespaces: readonly string[];
  readonly declarations: VersionDeclarations;
  /** Why its declarations cannot be used; empty where they can. */
  readonly problem: string;
}

/** The result of looking up the version that a reference means. */
export type VersionFinding =
  | FoundVersion
  | {
      /** `unknown` while the registry of versions cannot be reached. */
      readonly state: "not-found" | "unknown";
      readonly problem: string;
    };

/** The claim that a model serves a version. */
export interface LinkClaim {
  readonly ref: VersionRef;
  /** The namespace of the object that makes it; undefined where its place is trusted. */
  readonly tenant?: string;
}

/** The state of the link of a served model to a registered version. */
export type LinkState = "linked" | "archived" | "not-found" | "not-trusted" | "unknown";

/** The link of a served model to a registered version. */
export interface VersionLink {
  readonly ref: VersionRef;
  readonly state: LinkState;
  /** Its problem, in words; empty where there is none. */
  readonly problem: string;
  /** Only of a link that counts: one that is `linked` or `archived`. */
  readonly found: FoundVersion | undefined;
  /** What the model takes over from its version, as its entry declares nothing of the kind. */
  readonly takes: readonly ("inputFeatures" | "outputFormat")[];
  /** Where the entry contradicts its version, in words. */
  readonly differences: readonly string[];
  /** The version that a prediction comes from where the model server names none; empty where the link may move. */
  readonly predicts: string;
}

/** The rule that an address was derived by. */
export type AddressRule = "entry-url" | "inference-service" | "url-format";

/** Where predictions of a model are sent. */
export interface ModelAddress {
  /** The base address, without a trailing slash. */
  readonly url: string;
  readonly rule: AddressRule;
}

/** An entry, with its place and since when it has been there. */
export interface Provenance {
  readonly source: SourceKind;
  /** Where in the source: `KSERVE_MODEL_REGISTRY[2]`. */
  readonly location: string;
  /** The further cluster that it is of; empty for the own one. */
  readonly cluster: string;
  /** The only namespace that it may register models of; undefined where it comes from a trusted place. */
  readonly tenant: string | undefined;
  readonly updateTime: Date;
}

/**
 * A model as the registry serves it: the entry in force, its address, and what it shadows. `name` is the registered
 * name: that of the entry, or `cluster/name` where a model of another cluster has that.
 */
export interface RegisteredModel extends ModelEntry, Provenance {
  readonly key: ModelKey;
  /** Whether callers who give its name and no namespace mean this model. */
  readonly holdsName: boolean;
  readonly address: ModelAddress;
  /** That of the entry, else that of its InferenceService, else `v1`. */
  readonly protocol: ModelProtocol;
  /** The entries of the same name and namespace that it takes precedence over, in order. */
  readonly shadowed: readonly Provenance[];
  /**
   * The registered version that it is, according to its entry or its InferenceService; undefined where neither says. It
   * supplies what the entry leaves undeclared.
   */
  readonly link?: VersionLink;
}

/** Whether a model has this trigger: a bare name, a rule's type or a rule's metric. */
export function hasTrigger(model: ModelEntry, trigger: string): boolean {
  return model.triggers.some((t) => t.name === trigger || t.type === trigger || t.metric === trigger);
}

/** The metadata of an error about a model. */
export function metadataOf(model: ModelEntry): Record<string, string> {
  return { model: model.name, namespace: model.namespace };
}
