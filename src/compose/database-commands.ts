import type { Env } from "../config/config.ts";
import { checkDatabase, databaseStatus, migrateDatabase } from "../versions/database-commands.ts";
import { requiredDatabase } from "./database.ts";

/** What can be done with the database that an environment names. */
export type DatabaseCommands = ReturnType<typeof databaseCommands>;

/** @throws ConfigError when no database is named, or one that cannot be used */
export function databaseCommands(env: Env) {
  const options = requiredDatabase(env, "it says where the database is");
  return {
    /** Its status. Changes nothing. */
    status: () => databaseStatus(options),
    /** Brings its schema up to date; each step is reported. */
    migrate: (progress: (message: string) => void) => migrateDatabase(options, progress),
    /** Reads every record and reports inconsistencies. `progress` is called with the number of records read so far. */
    check: (progress: (records: number) => void) => checkDatabase(options, progress),
  };
}
