import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseOptions } from "../../src/versions/database-options.ts";
import type { DatabaseServer } from "../../test/versions/servers/database-server.ts";
import { newMysqlDatabase, startMariadb } from "../../test/versions/servers/mysql-server.ts";
import { newPostgresDatabase, startPostgres } from "../../test/versions/servers/postgres-server.ts";

/** A database of the bench's own. */
export interface BenchDatabase {
  /** Undefined for SQLite, which is in the service itself. */
  readonly server: DatabaseServer | undefined;
  /** A new, empty one on the same server. */
  create(): Promise<DatabaseOptions>;
  stop(): Promise<void>;
}

/** Flushes of the database servers are off, which wait and cost next to no CPU time; those of SQLite are on. */
export const databases: Readonly<Record<string, () => Promise<BenchDatabase>>> = {
  SQLite: async () => {
    const folder = mkdtempSync(join(tmpdir(), "versions-bench-"));
    let next = 0;
    return {
      server: undefined,
      create: async () => ({ kind: "sqlite", path: join(folder, `${next++}.db`) }),
      stop: async () => rmSync(folder, { recursive: true }),
    };
  },
  PostgreSQL: async () => {
    const server = await startPostgres("newer");
    return { server, create: () => newPostgresDatabase(server), stop: () => server.stop() };
  },
  MariaDB: async () => {
    const server = await startMariadb();
    return { server, create: () => newMysqlDatabase(server), stop: () => server.stop() };
  },
};

/** The address that the service is given for a database. */
export function addressOf(options: DatabaseOptions): string {
  if (options.kind === "sqlite") return `sqlite:${options.path}`;
  const { kind, user, host, port, database } = options;
  return `${kind}://${user}@${host}:${port}/${database}`;
}
