import { maxPageSize, type StoreStatus, type VersionStore } from "../ports.ts";
import { deleteAlias, listAliases, setAlias } from "./aliases.ts";
import { compareRecords } from "./compare-records.ts";
import type { ConnectedDatabase, Dialect } from "./dialect.ts";
import type { Executor } from "./executor.ts";
import { importRecords } from "./import-records.ts";
import { type MigrationProgress, migrate } from "./migrations/migrate.ts";
import { knownVersion } from "./migrations/migrations.ts";
import { listJson, listRecords } from "./read-records.ts";
import { createReads } from "./reads.ts";
import { registerVersion } from "./registration.ts";
import { resolveVersion } from "./resolve.ts";
import { plain, Statements } from "./statement.ts";
import { reader, type StoreContext } from "./store-context.ts";
import { streamPages } from "./stream-pages.ts";
import { createRecord, deleteRecord, updateRecord, upsertRecord } from "./write-records.ts";

/** A store whose database is there and has the schema of this program. */
export interface OpenedStore {
  readonly store: VersionStore;
  readonly database: NonNullable<StoreStatus["database"]>;
  readonly schemaVersion: number;
  /** Called when the store ends by itself, because its thread has ended. */
  readonly onEnd?: (listener: () => void) => void;
}

/** Connects and migrates. Fails with DATABASE_UNAVAILABLE; may be called again then. */
export type OpenStore = (progress: MigrationProgress) => Promise<OpenedStore>;

/** The store of a database whose schema is migrated first. */
export async function migratedStore(
  { executor, dialect, database }: ConnectedDatabase,
  batch: number,
  progress: MigrationProgress,
): Promise<OpenedStore> {
  const { applied } = await migrate(executor, dialect, { progress });
  const status = () => ({ state: "ready", database, schema: { applied, known: knownVersion }, message: "" }) as const;
  return { store: createSqlStore({ executor, dialect, status, batch }), database, schemaVersion: applied };
}

interface SqlStoreOptions {
  readonly executor: Executor;
  readonly dialect: Dialect;
  readonly status: () => StoreStatus;
  /** How many records a stream reads at once. */
  readonly batch: number;
  /** Default: `Date.now`. */
  readonly now?: () => number;
}

/** The store of any database with an executor and a dialect. Its schema has to exist. */
export function createSqlStore({ executor, dialect, status, batch, now = Date.now }: SqlStoreOptions): VersionStore {
  const context: StoreContext = { dialect, executor, statements: new Statements(), now };
  return {
    ...createReads(context),
    listJson: (kind, query, style, options) => listJson(context, kind, query, style, options),
    create: (kind, record, options) => createRecord(context, kind, record, options),
    stream: (kind, query, options) =>
      streamPages((page) => listRecords(context, kind, page, options), query, Math.min(batch, maxPageSize)),
    update: (kind, id, changes, options) => updateRecord(context, kind, id, changes, options),
    upsert: (kind, record, options) => upsertRecord(context, kind, record, options),
    delete: (kind, id, options) => deleteRecord(context, kind, id, options),
    registerVersion: (registration, options) => registerVersion(context, registration, options),
    resolveVersion: (choice, options) => resolveVersion(context, choice, options),
    setAlias: (alias, options) => setAlias(context, alias, options),
    deleteAlias: (alias, options) => deleteAlias(context, alias, options),
    listAliases: (id, options) => listAliases(context, id, options),
    compare: (ids, options) => compareRecords(context, ids, options),
    import: (records, options) => importRecords(context, records, options),
    status,
    ping: async ({ signal } = {}) => {
      await reader(context, signal).all(plain("select 1"));
    },
    close: () => executor.close(),
  };
}
