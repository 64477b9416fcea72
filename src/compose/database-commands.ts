import { ConfigError, type Env, readConfig } from "../config/config.ts";
import {
  checkDatabase,
  type DatabaseCheck,
  type DatabaseStatus,
  databaseStatus,
  migrateDatabase,
} from "../versions/database-commands.ts";
import type { DatabaseOptions } from "../versions/database-options.ts";
import { databaseOf } from "./database.ts";

/** What can be done with the database that an environment names. */
export interface DatabaseCommands {
  /** How it is. Changes nothing. */
  status(): Promise<DatabaseStatus>;
  /** Brings its schema up to date; each step is reported. */
  migrate(progress: (message: string) => void): Promise<DatabaseStatus>;
  /** Reads every record and says what does not fit together. `progress` is called with how many it has read. */
  check(progress: (records: number) => void): Promise<DatabaseCheck>;
}

/** @throws ConfigError when no database is named, or not well */
export function databaseCommands(env: Env): DatabaseCommands {
  const options = optionsOf(env);
  return {
    status: () => databaseStatus(options),
    migrate: (progress) => migrateDatabase(options, progress),
    check: (progress) => checkDatabase(options, progress),
  };
}

function optionsOf(env: Env): DatabaseOptions {
  const { config, problems } = readConfig(env);
  const database = databaseOf(config);
  const all = [...problems, ...database.problems];
  if (all.length > 0) throw new ConfigError(all);
  if (database.options === undefined) throw new ConfigError(["DATABASE_URL: missing; it says where the database is"]);
  return database.options;
}
