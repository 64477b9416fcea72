import type { StoreStatus, VersionStore } from "../ports.ts";
import type { MigrationProgress } from "./migrations/migrate.ts";

/** A store whose database is there and has the schema of this program. */
export interface OpenedStore {
  readonly store: VersionStore;
  readonly database: NonNullable<StoreStatus["database"]>;
  readonly schemaVersion: number;
  /** Called when the store ends by itself, which happens when its thread ends. */
  readonly onEnd?: (listener: () => void) => void;
}

/** Connects and migrates. Fails with DATABASE_UNAVAILABLE; may be called again then. */
export type OpenStore = (progress: MigrationProgress) => Promise<OpenedStore>;
