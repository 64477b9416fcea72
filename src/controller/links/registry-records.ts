/** A record of the registry of versions, as its REST API writes it. */
export type RegistryRecord = Readonly<Record<string, unknown>> & { readonly id: string };

/**
 * Calls one registry of versions. Calls end when the signal aborts that was given to `at`. Paths begin below the
 * version of its API: `/inference_services/42`.
 */
export interface RegistryRecords {
  /** Undefined for a missing record. Rejects for any other failure. */
  find(path: string): Promise<RegistryRecord | undefined>;
  /** The items of a list; none where the parent is missing. */
  list(path: string): Promise<readonly RegistryRecord[]>;
  /** `conflict`: a record of that name exists already. */
  create(path: string, body: object): Promise<RegistryRecord | "conflict">;
  /** Undefined where it is not there. */
  patch(path: string, body: object): Promise<RegistryRecord | undefined>;
}

/** The registries that may be called. */
export interface Registries {
  /** The registry at an address, for calls that end when the signal aborts. */
  at(address: string, signal: AbortSignal): RegistryRecords;
  /** Ends all connections. */
  close(): void;
}
