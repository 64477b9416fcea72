import { existsSync } from "node:fs";
import type { DatabaseOptions, ServerOptions, SqliteOptions } from "../database-options.ts";
import { VersionsError } from "../versions-error.ts";
import { cannotOpen } from "./cannot-open.ts";
import type { ConnectedDatabase } from "./dialect.ts";
import type { Executor } from "./executor.ts";
import { readFaults } from "./faults.ts";
import { migratedStore, type OpenStore } from "./sql-store.ts";
import { plain } from "./statement.ts";

/** Long lists of a server are read in batches this large. */
const batch = 500;

/**
 * Connects to a database and changes nothing. With `readOnly`, a file of SQLite has to be there. Fails with
 * DATABASE_UNAVAILABLE, which says what to do.
 */
export async function connectDatabase(
  options: DatabaseOptions,
  { readOnly }: { readonly readOnly: boolean },
): Promise<ConnectedDatabase> {
  return options.kind === "sqlite" ? await connectSqlite(options, readOnly) : await connectServer(options);
}

/** Connects to a server and brings its schema up to date. */
export function openServer(options: ServerOptions): OpenStore {
  return async (progress) => {
    const connected = await connectServer(options);
    try {
      return await readFaults(connected.dialect, undefined, () => migratedStore(connected, batch, progress));
    } catch (error) {
      await connected.executor.close();
      throw cannotOpen(options, error);
    }
  };
}

/** Connects to a server and finds out what it is. The driver that is not needed is not loaded. */
async function connectServer(options: ServerOptions): Promise<ConnectedDatabase> {
  const { connect, ask } =
    options.kind === "postgres"
      ? (await import("./postgres/postgres-executor.ts")).postgresServer
      : (await import("./mysql/mysql-executor.ts")).mysqlServer;
  let executor: Executor | undefined;
  try {
    executor = connect(options);
    return { executor, ...(await ask(executor)) };
  } catch (error) {
    await executor?.close();
    throw cannotOpen(options, error);
  }
}

async function connectSqlite(options: SqliteOptions, readOnly: boolean): Promise<ConnectedDatabase> {
  const { SqliteExecutor } = await import("./sqlite/sqlite-executor.ts");
  const { sqliteDialect } = await import("./sqlite/sqlite-dialect.ts");
  if (readOnly && options.path !== ":memory:" && !existsSync(options.path)) {
    const message = `there is no SQLite file ${options.path} yet; serve and database migrate create it`;
    throw new VersionsError("DATABASE_UNAVAILABLE", message, { why: "away", retryAfterMs: 0 });
  }
  try {
    const executor = new SqliteExecutor(options.path, { readOnly });
    // SQLite opens the file with the first statement that needs it.
    const [row] = await executor.all(plain("select sqlite_version(), count(*) from sqlite_schema"));
    return { executor, dialect: sqliteDialect, database: { kind: "sqlite", version: String(row![0]) } };
  } catch (error) {
    throw cannotOpen(options, error);
  }
}
