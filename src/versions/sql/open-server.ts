import type { ServerOptions } from "../database-options.ts";
import type { StoreStatus } from "../ports.ts";
import { cannotOpen } from "./cannot-open.ts";
import type { Dialect } from "./dialect.ts";
import type { Executor } from "./executor.ts";
import { readFaults } from "./faults.ts";
import { migrate } from "./migrations/migrate.ts";
import { knownVersion } from "./migrations/migrations.ts";
import type { OpenStore } from "./opened-store.ts";
import { createSqlStore } from "./sql-store.ts";

/** Long lists are read in batches this large. */
const batch = 500;

/** What a server says of itself. */
export interface KnownServer {
  readonly database: NonNullable<StoreStatus["database"]>;
  readonly dialect: Dialect;
}

/** A server that is not connected to yet. */
export interface DatabaseServer {
  connect(options: ServerOptions): Executor;
  /** Finds out what it is. */
  ask(executor: Executor): Promise<KnownServer>;
}

/** Connects to a server and finds out what it is. Fails with DATABASE_UNAVAILABLE, which says what to do. */
export async function connectServer({ connect, ask }: DatabaseServer, options: ServerOptions) {
  let executor: Executor | undefined;
  try {
    executor = connect(options);
    return { executor, ...(await ask(executor)) };
  } catch (error) {
    await executor?.close();
    throw cannotOpen(options, error);
  }
}

/** Connects to a server and brings its schema up to date. */
export function openServer(server: DatabaseServer, options: ServerOptions): OpenStore {
  return async (progress) => {
    const { executor, database, dialect } = await connectServer(server, options);
    try {
      const { applied } = await readFaults(dialect, undefined, () => migrate(executor, dialect, { progress }));
      const schema = { applied, known: knownVersion };
      const status = () => ({ state: "ready", database, schema, message: "" }) as const;
      return { store: createSqlStore({ executor, dialect, status, batch }), database, schemaVersion: applied };
    } catch (error) {
      await executor.close();
      throw cannotOpen(options, error);
    }
  };
}
