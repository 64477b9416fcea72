import type { DatabaseOptions } from "./database-options.ts";
import type { VersionStore } from "./ports.ts";
import { type GuardOptions, openGuarded } from "./sql/guarded-store.ts";

/**
 * Opens the store of a database and brings its schema up to date. Resolves after the first try, whether or not the
 * database was there: `status` says so, and the store goes on trying. The drivers that are not needed are not loaded.
 */
export async function openVersionStore(options: DatabaseOptions, guard: GuardOptions = {}): Promise<VersionStore> {
  const open =
    options.kind === "sqlite"
      ? (await import("./sql/sqlite/sqlite-thread.ts")).openSqlite(options.path)
      : (await import("./sql/connect.ts")).openServer(options);
  return await openGuarded(open, guard);
}
