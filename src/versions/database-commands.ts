import type { DatabaseOptions } from "./database-options.ts";
import { maxPageSize, type StoreStatus, type VersionStore } from "./ports.ts";
import { cannotOpen } from "./sql/cannot-open.ts";
import { checkRecords, type Finding } from "./sql/check-records.ts";
import { connectDatabase } from "./sql/connect.ts";
import type { ConnectedDatabase } from "./sql/dialect.ts";
import { readFaults } from "./sql/faults.ts";
import {
  type MigrationProgress,
  migrate,
  type SchemaState,
  schemaProblem,
  schemaState,
} from "./sql/migrations/migrate.ts";
import { knownVersion } from "./sql/migrations/migrations.ts";
import { migratedStore } from "./sql/sql-store.ts";
import { VersionsError } from "./versions-error.ts";

export interface DatabaseStatus {
  readonly database: NonNullable<StoreStatus["database"]>;
  readonly schema: {
    /** The schema version of the database; 0 where there is none yet. */
    readonly applied: number;
    /** The one of this program. */
    readonly known: number;
    /** A migration that was interrupted; the next start continues it. */
    readonly unfinished: number | undefined;
  };
  /** Why this program cannot work with the database, and what to do; undefined when it can. */
  readonly problem: string | undefined;
}

/** The status of a database. Changes nothing; fails with DATABASE_UNAVAILABLE. */
export async function databaseStatus(options: DatabaseOptions): Promise<DatabaseStatus> {
  return await withDatabase(options, true, async ({ executor, dialect, database }) => {
    const state = await executor.connection((session) => schemaState(session, dialect), undefined);
    const { applied, unfinished } = state;
    return { database, schema: { applied, known: knownVersion, unfinished }, problem: schemaProblem(state) };
  });
}

/** Migrates the schema of a database, as every start does. */
export async function migrateDatabase(options: DatabaseOptions, progress: MigrationProgress): Promise<DatabaseStatus> {
  return await withDatabase(options, false, async ({ executor, dialect, database }) => {
    const { applied, unfinished } = await migrate(executor, dialect, { progress });
    return { database, schema: { applied, known: knownVersion, unfinished }, problem: undefined };
  });
}

export interface DatabaseCheck {
  /** How many records were looked at. */
  readonly records: number;
  /** Inconsistencies; empty when there are none. At most 100. */
  readonly findings: readonly Finding[];
}

/**
 * Reads every record and compares it with the columns and rows that filters and references use. `progress` is called
 * with the number of records read so far.
 */
export async function checkDatabase(
  options: DatabaseOptions,
  progress: (records: number) => void = () => {},
): Promise<DatabaseCheck> {
  return await withDatabase(options, true, async (connected) => {
    const { executor, dialect } = connected;
    assertMigrated(await executor.connection((session) => schemaState(session, dialect), undefined));
    return await checkRecords(connected, progress);
  });
}

/**
 * Opens the store for a command. The schema is migrated first; statements of SQLite run on the calling thread, and
 * losing the database ends the work.
 */
export async function withStore<T>(
  options: DatabaseOptions,
  work: (store: VersionStore) => Promise<T>,
  progress: MigrationProgress = () => {},
): Promise<T> {
  return await withDatabase(options, false, async (connected) =>
    work((await migratedStore(connected, maxPageSize, progress)).store),
  );
}

/** For what reads a database as it is: without its tables, it would only say that one is missing. */
function assertMigrated(state: SchemaState): void {
  const { applied, unfinished } = state;
  const isOlder = applied < knownVersion || unfinished !== undefined;
  const older = `the database has schema version ${applied}${unfinished === undefined ? "" : ", partly migrated"}, and version ${knownVersion} is needed; run \`kserve-model-registry database migrate\` first`;
  const problem = schemaProblem(state) ?? (isOlder ? older : undefined);
  if (problem !== undefined) {
    throw new VersionsError("DATABASE_UNAVAILABLE", problem, { why: "schema", retryAfterMs: 0 });
  }
}

async function withDatabase<T>(
  options: DatabaseOptions,
  readOnly: boolean,
  work: (connected: ConnectedDatabase) => Promise<T>,
): Promise<T> {
  const connected = await connectDatabase(options, { readOnly });
  try {
    return await readFaults(connected.dialect, undefined, () => work(connected));
  } catch (error) {
    throw cannotOpen(options, error);
  } finally {
    await connected.executor.close();
  }
}
