/** A record of the registry of versions, as its REST API writes it. */
export type RegistryRecord = Readonly<Record<string, unknown>> & { readonly id: string };

/** Calls one registry of versions. Paths begin below the version of its API: `/inference_services/42`. */
export interface RegistryRecords {
  /** Undefined for one that is not there. Rejects for any other failure. */
  find(path: string, signal: AbortSignal): Promise<RegistryRecord | undefined>;
  /** The items of a list; none where the parent is not there. */
  list(path: string, signal: AbortSignal): Promise<readonly RegistryRecord[]>;
  /** `conflict`: there is one of that name already. */
  create(path: string, body: object, signal: AbortSignal): Promise<RegistryRecord | "conflict">;
  /** Undefined where it is not there. */
  patch(path: string, body: object, signal: AbortSignal): Promise<RegistryRecord | undefined>;
}

/** The registries that may be called. */
export interface Registries {
  /** The one at an address; asked for the same address again, it gives the same. */
  at(address: string): RegistryRecords;
  /** Ends all connections. */
  close(): void;
}
