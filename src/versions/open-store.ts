import type { DatabaseOptions } from "./database-options.ts";
import type { VersionStore } from "./ports.ts";
import { type GuardOptions, openGuarded } from "./sql/guarded-store.ts";
import type { OpenStore } from "./sql/opened-store.ts";

/**
 * Opens the store of a database and brings its schema up to date. Resolves after the first try, whether or not the
 * database was there: `status` says so, and the store goes on trying. The drivers that are not needed are not loaded.
 */
export async function openVersionStore(options: DatabaseOptions, guard: GuardOptions = {}): Promise<VersionStore> {
  return await openGuarded(await openerOf(options), guard);
}

async function openerOf(options: DatabaseOptions): Promise<OpenStore> {
  if (options.kind === "sqlite") return (await import("./sql/sqlite/sqlite-thread.ts")).openSqlite(options.path);
  const { openServer } = await import("./sql/open-server.ts");
  const server =
    options.kind === "postgres"
      ? (await import("./sql/postgres/open-postgres.ts")).postgresServer
      : (await import("./sql/mysql/open-mysql.ts")).mysqlServer;
  return openServer(server, options);
}
