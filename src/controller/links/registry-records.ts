/** A record of the registry of versions, as its REST API writes it. */
export type RegistryRecord = Readonly<Record<string, unknown>> & { readonly id: string };

/** Calls one registry of versions, each call until the signal that it was given out for. Paths begin below the version of its API: `/inference_services/42`. */
export interface RegistryRecords {
  /** Undefined for one that is not there. Rejects for any other failure. */
  find(path: string): Promise<RegistryRecord | undefined>;
  /** The items of a list; none where the parent is not there. */
  list(path: string): Promise<readonly RegistryRecord[]>;
  /** `conflict`: there is one of that name already. */
  create(path: string, body: object): Promise<RegistryRecord | "conflict">;
  /** Undefined where it is not there. */
  patch(path: string, body: object): Promise<RegistryRecord | undefined>;
}

/** The registries that may be called. */
export interface Registries {
  /** The one at an address, for calls that end with the signal. */
  at(address: string, signal: AbortSignal): RegistryRecords;
  /** Ends all connections. */
  close(): void;
}
