import type { Cancellation } from "./cancellation.ts";
import type { ModelEntry, RegisteredModel, SourceKind } from "./model.ts";
import type { Readiness } from "./readiness.ts";

/** One entry of a source, with where it stands there. */
export interface LocatedEntry {
  readonly entry: ModelEntry;
  /** `KSERVE_MODEL_REGISTRY[2]`, `KSERVE_ANOMALY_DETECTOR_SERVICE`. */
  readonly location: string;
}

/** A source hands over everything it holds, each time it changes. It never edits the registry. */
export interface Source {
  readonly kind: SourceKind;
  /** Calls back with the first snapshot, and with a new one at every change, until it is stopped. */
  start(onSnapshot: (entries: readonly LocatedEntry[]) => void): void;
  stop(): Promise<void>;
}

/** What goes to a model server. */
export interface UpstreamCall {
  readonly model: RegisteredModel;
  /** A KServe v1 request as JSON text. */
  readonly body: Uint8Array;
  /** Further headers, in lower case; chosen by allow-list. */
  readonly headers: Readonly<Record<string, string>>;
  /** Ends the call at once, with its socket. The call then fails with the reason. */
  readonly cancellation: Cancellation<Error>;
}

/** What a model server answered with HTTP 200. */
export interface UpstreamAnswer {
  readonly body: Uint8Array;
  /** How many times the model server was called. */
  readonly attempts: number;
}

/** Speaks a prediction protocol with model servers. Throws RegistryError alone. */
export interface Predictor {
  /** The name of the protocol: `kserve-v1`. */
  readonly protocol: string;
  /** The path of a prediction below the base address. */
  predictPath(model: RegisteredModel): string;
  predict(call: UpstreamCall): Promise<UpstreamAnswer>;
  /** Asks the model server whether the model is ready. Never throws. */
  checkReadiness(model: RegisteredModel, cancellation: Cancellation<Error>): Promise<Readiness>;
  close(): Promise<void>;
}
