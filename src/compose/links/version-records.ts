/** A record of the registry of versions, as much of it as a link needs. */
export interface LinkedRecord {
  readonly id: string;
  readonly name: string;
  /** Every other field that is set, by name; declarations as plain data. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** By id, or by name. */
export type LinkKey = { readonly id: string } | { readonly name: string };

/**
 * Reads what links are about from a registry of versions. Undefined is a record that is not there; any call rejects where
 * the registry cannot be asked.
 */
export interface VersionRecords {
  model(key: LinkKey, signal: AbortSignal): Promise<LinkedRecord | undefined>;
  version(key: LinkKey, modelId: string, signal: AbortSignal): Promise<LinkedRecord | undefined>;
  /** The newest live version of a model. */
  newestVersion(modelId: string, signal: AbortSignal): Promise<LinkedRecord | undefined>;
  /** The aliases of a model, each with the id of its version. */
  aliases(modelId: string, signal: AbortSignal): Promise<readonly { alias: string; modelVersionId: string }[]>;
}
