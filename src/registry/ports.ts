import type { Cancellation } from "../base/cancellation.ts";
import type { EntryProblem } from "../base/field-reader.ts";
import type { BytesHolder } from "./bytes-holder.ts";
import type { InferenceBytes, ModelMetadata } from "./inference.ts";
import type { LinkClaim, ModelEntry, ModelProtocol, RegisteredModel, SourceKind, VersionFinding } from "./model.ts";
import type { ModelState, Readiness } from "./readiness.ts";
import type { VersionRef } from "./version-ref.ts";

/** An entry of a source, with its place there. */
export interface LocatedEntry {
  readonly entry: ModelEntry;
  /** `KSERVE_MODEL_REGISTRY[2]`, `ModelRegistration storage-monitoring/disk-failure-predictor`. */
  readonly location: string;
  /** The only namespace that it may register models of. Left out where the place of the entry is trusted. */
  readonly tenant?: string;
  /** When its object was created, as RFC 3339; left out where there is no object. */
  readonly created?: string;
}

/** An entry of a source that cannot be served, with all its problems. */
export interface RefusedEntry {
  /** Undefined when not even a name can be read. */
  readonly name: string | undefined;
  readonly location: string;
  /** As in LocatedEntry. */
  readonly tenant?: string;
  readonly problems: readonly EntryProblem[];
  /** Whether it is refused because its place is not trusted to say what it says. */
  readonly untrusted?: true;
}

/** The item at one place of a source. */
export type SourceItem = LocatedEntry | RefusedEntry;

/** What a cluster reports about an InferenceService, whatever source registers its model. */
export interface InferenceServiceFacts {
  readonly namespace: string;
  readonly name: string;
  /** The base address of `status.address.url`, without a trailing slash; undefined while there is none. */
  readonly url: string | undefined;
  /** The protocol of its model server; undefined where neither it nor its runtime says. */
  readonly protocol?: ModelProtocol | undefined;
  readonly state: ModelState;
  /** Why, in words. Empty while it is ready. */
  readonly reason: string;
  /** Whether it may be scaled to zero without calls: a readiness check would keep it awake. Default: false. */
  readonly scalesToZero?: boolean;
  /** The registered version that it serves, by its labels or its annotation. */
  readonly link?: LinkClaim;
}

/** All items of a source at one moment. */
export interface SourceSnapshot {
  readonly entries: readonly LocatedEntry[];
  readonly refused: readonly RefusedEntry[];
  /**
   * Only from a source that watches InferenceServices: all that it sees, whether or not they are entries. Every entry
   * of the same cluster that names one as its `service` and has no `url` takes its address and readiness from here.
   */
  readonly inferenceServices?: readonly InferenceServiceFacts[];
}

/** Changes in a source; undefined stands for a removal. What is not named is unchanged. */
export interface SourceChanges {
  /** By location. */
  readonly items: ReadonlyMap<string, SourceItem | undefined>;
  /** By `namespace/name`. */
  readonly inferenceServices: ReadonlyMap<string, InferenceServiceFacts | undefined>;
}

/** Receives the items of a source. */
export interface SourceSink {
  /** All items of the source. Replaces the previous ones. */
  onSnapshot(snapshot: SourceSnapshot): void;
  /** Changes since then. Never called before the first snapshot. */
  onChanges(changes: SourceChanges): void;
  /**
   * Why the source is not up to date, in words, or undefined when it is again. Its last items stay in force meanwhile.
   * A source counts as up to date until it reports otherwise.
   */
  onTrouble(problem: string | undefined): void;
}

/** A source hands over all its items, and then either all of them again or the changes. It never edits the registry. */
export interface Source {
  readonly kind: SourceKind;
  /** Unique among sources: `environment`, `discovery`, `discovery spoke-1`. */
  readonly name: string;
  /** The further cluster that the entries are in (`KSERVE_CLUSTERS`), a DNS label; empty for the own one. */
  readonly cluster: string;
  /** Hands over a snapshot as soon as it has one, and every change after that, until it is stopped. */
  start(sink: SourceSink): void;
  stop(): Promise<void>;
}

/** The terms of every call to a model server. */
export interface UpstreamTerms {
  readonly model: RegisteredModel;
  /** Further headers, in lower case; chosen by allow-list. */
  readonly headers: Readonly<Record<string, string>>;
  /** Ends the call at once, with its socket. The call then fails with the reason. */
  readonly cancellation: Cancellation<Error>;
  /** The call that holds the bytes of the answer. Undefined: they are not counted. */
  readonly holder: BytesHolder | undefined;
  /** When the call is cancelled at the latest, as `performance.now()` counts; for servers that take a deadline. */
  readonly deadlineMs?: number;
}

/** The position of the list of rows in a KServe v1 request. */
export interface RowsInBody {
  readonly start: number;
  /** After its bracket. */
  readonly end: number;
  /** How many there are. */
  readonly count: number;
  /** Where rows are lists of equally many numbers; undefined for others, and where it is not known. */
  readonly numbers?: NumberRows | undefined;
  /** Whether the request contains nothing else. */
  readonly areAlone: boolean;
}

/** Facts about rows of numbers that are all written with digits. */
export interface NumberRows {
  /** How many each row has, 1 or more. */
  readonly width: number;
  /** The largest absolute value. */
  readonly largest: number;
}

/** A prediction on its way to a model server of any protocol. */
export interface UpstreamCall extends UpstreamTerms {
  /** A KServe v1 request as JSON text. */
  readonly body: Uint8Array;
  /** The position of its rows; undefined where it is not known. */
  readonly rows?: RowsInBody | undefined;
}

/** An inference request of the Open Inference Protocol on its way to a model that speaks it, too. */
export interface UpstreamInference extends UpstreamTerms {
  /**
   * In the form of the model's protocol: REST for `v2`, gRPC for `grpc-v2`. It is passed on as it is; only the model
   * name, and the version where the entry leads to one, are replaced by the server's.
   */
  readonly request: InferenceBytes;
}

/** What a model server answered to an inference request. */
export interface InferenceAnswer {
  /** In the form of the request, with the server's name of the model. Its content has not been checked. */
  readonly answer: InferenceBytes;
  /** How many times the model server was called. */
  readonly attempts: number;
}

/** What the answers of a protocol look like. */
export interface AnswerForm {
  /** The keys that predictions may stand under, the usual one first. */
  readonly keys: readonly string[];
  /** The form in words, for people whose model answers otherwise. */
  readonly hint: string;
}

/** Where predictions lie in an answer, which are a list of finite numbers. */
export interface NumbersInAnswer {
  readonly start: number;
  /** After its bracket. */
  readonly end: number;
  /** How many there are. */
  readonly count: number;
  /** The other values beside them, which are texts, by name. */
  readonly others: ReadonlyMap<string, { readonly start: number; readonly end: number }>;
}

/** A prediction that a model server answered, as JSON text: `{"predictions": [...], ...}`. */
export interface UpstreamAnswer {
  /** The HTTP status. Default: 200. */
  readonly status?: number | undefined;
  readonly body: Uint8Array;
  /** Of text that was written here: what lies where, so that nobody has to look for it. */
  readonly numbers?: NumbersInAnswer | undefined;
  readonly form: AnswerForm;
  /** How many times the model server was called. */
  readonly attempts: number;
}

/** Gets predictions from model servers, in the protocol of each. Throws RegistryError alone. */
export interface Predictor {
  /** The name of the protocol of a model: `kserve-v1`. */
  protocolOf(model: RegisteredModel): string;
  /** The path of a prediction below the base address. */
  predictPath(model: RegisteredModel): string;
  predict(call: UpstreamCall): Promise<UpstreamAnswer>;
  /**
   * Passes an inference request of the Open Inference Protocol on. For models of protocol `v1` there is nothing to pass on:
   * who has such a request translates it and predicts.
   */
  infer(call: UpstreamInference): Promise<InferenceAnswer>;
  /**
   * Asks the model server for the inputs and outputs of a model. What it said last is kept until the model changes or a
   * call fails. Undefined for models of protocol `v1`, whose servers cannot say.
   */
  askMetadata(model: RegisteredModel, cancellation: Cancellation<Error>): Promise<ModelMetadata | undefined>;
  /**
   * Asks the model server whether the model is ready. Never throws.
   *
   * @param closes whether the connection is closed behind the answer, for those who ask very many. Default: false
   */
  checkReadiness(model: RegisteredModel, cancellation: Cancellation<Error>, closes?: boolean): Promise<Readiness>;
  close(): Promise<void>;
}

/** Looks up registered versions, in this process or in another registry. */
export interface VersionFinder {
  /** Rejects while the registry of versions cannot be asked, with words for people; or with the reason of the signal. */
  find(ref: VersionRef, signal: AbortSignal): Promise<VersionFinding>;
}
