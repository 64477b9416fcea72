import type { DatabaseOptions } from "../database-options.ts";
import type { StoreStatus } from "../ports.ts";
import type { Dialect } from "./dialect.ts";
import type { Executor } from "./executor.ts";

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
  if (options.kind === "sqlite") {
    const { SqliteExecutor } = await import("./sqlite/sqlite-executor.ts");
    const { sqliteDialect } = await import("./sqlite/sqlite-dialect.ts");
    const executor = new SqliteExecutor(options.path, { readOnly });
    const [row] = await executor.all({ sql: "select sqlite_version()", values: [], name: undefined });
    return { executor, dialect: sqliteDialect, database: { kind: "sqlite", version: String(row![0]) } };
  }
  const { connect, ask } =
    options.kind === "postgres"
      ? (await import("./postgres/open-postgres.ts")).postgresServer
      : (await import("./mysql/open-mysql.ts")).mysqlServer;
  const executor = connect(options);
  try {
    return { executor, ...(await ask(executor)) };
  } catch (error) {
    await executor.close();
    throw error;
  }
}
