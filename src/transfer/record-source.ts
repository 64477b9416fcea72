import type { KindName } from "../versions/kinds/kinds.ts";

/** A record as the REST surface writes it, before it is known whether it is one. */
export type WireRecord = Readonly<Record<string, unknown>>;

/**
 * A record of another registry. Artifacts and serve models carry their parent (`modelVersionId`, `inferenceServiceId`),
 * whether or not the registry writes it; an alias is `{alias, registeredModelId, modelVersionId}`.
 */
export interface SourceRecord {
  readonly kind: KindName | "alias";
  readonly record: WireRecord;
}

/** Where records come from: a registry over REST, or a file that was exported from one. */
export interface RecordSource {
  /** Fails where there is nothing to be read. */
  check(signal: AbortSignal): Promise<void>;

  /** Everything that there is, parents before their children, aliases last. May be read again from the start. */
  batches(signal: AbortSignal): AsyncIterable<readonly SourceRecord[]>;
}

/** Why records cannot be read, or not be kept, in words for the user. */
export class TransferError extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "TransferError";
  }
}
