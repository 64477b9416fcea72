import { existsSync } from "node:fs";
import type { DatabaseOptions, SqliteOptions } from "../database-options.ts";
import type { StoreStatus } from "../ports.ts";
import { VersionsError } from "../versions-error.ts";
import { cannotOpen } from "./cannot-open.ts";
import type { Dialect } from "./dialect.ts";
import type { Executor } from "./executor.ts";
import { connectServer } from "./open-server.ts";
import { plain } from "./statement.ts";

/** A database as commands work with it: without a schema of its own accord, and on the thread that asks. */
export interface ConnectedDatabase {
  readonly executor: Executor;
  readonly dialect: Dialect;
  readonly database: NonNullable<StoreStatus["database"]>;
}

/** Connects to a database and changes nothing. With `readOnly`, a file of SQLite has to be there. */
export async function connectDatabase(
  options: DatabaseOptions,
  { readOnly }: { readonly readOnly: boolean },
): Promise<ConnectedDatabase> {
  if (options.kind === "sqlite") return await connectSqlite(options, readOnly);
  const server =
    options.kind === "postgres"
      ? (await import("./postgres/open-postgres.ts")).postgresServer
      : (await import("./mysql/open-mysql.ts")).mysqlServer;
  return await connectServer(server, options);
}

async function connectSqlite(options: SqliteOptions, readOnly: boolean): Promise<ConnectedDatabase> {
  const { SqliteExecutor } = await import("./sqlite/sqlite-executor.ts");
  const { sqliteDialect } = await import("./sqlite/sqlite-dialect.ts");
  if (readOnly && options.path !== ":memory:" && !existsSync(options.path)) {
    const message = `there is no SQLite file ${options.path} yet; serve and database migrate make it`;
    throw new VersionsError("DATABASE_UNAVAILABLE", message, { why: "away", retryAfterMs: 0 });
  }
  try {
    const executor = new SqliteExecutor(options.path, { readOnly });
    // The file is looked at by the first statement that needs it.
    const [row] = await executor.all(plain("select sqlite_version(), count(*) from sqlite_schema"));
    return { executor, dialect: sqliteDialect, database: { kind: "sqlite", version: String(row![0]) } };
  } catch (error) {
    throw cannotOpen(options, error);
  }
}
