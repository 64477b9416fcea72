import pg from "pg";
import { freePort } from "../../../measure/free-port.ts";
import type { ServerOptions } from "../../../src/versions/database-options.ts";
import { type DatabaseServer, postgresPrograms, run, scratchFolder, startServer } from "./database-server.ts";

/** A PostgreSQL of Debian, or the newer one of the cache. */
export async function startPostgres(which: "debian" | "newer"): Promise<DatabaseServer> {
  const programs = postgresPrograms(which);
  if (programs === undefined) throw new Error("run test/versions/install.sh first");
  const folder = scratchFolder("postgres");
  const port = await freePort();
  const data = `${folder}/data`;
  run(`${programs}/initdb`, ["-D", data, "-U", "kmr", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"], folder);
  const options: ServerOptions = {
    kind: "postgres",
    host: "127.0.0.1",
    port,
    database: "postgres",
    user: "kmr",
    tls: undefined,
    poolSize: 8,
    connectTimeoutMs: 5000,
    statementTimeoutMs: 30_000,
  };
  // What was acknowledged is with the operating system, which these tests do not end.
  const settings = ["fsync=off", "full_page_writes=off", "max_connections=200"].flatMap((one) => ["-c", one]);
  const command = [
    `${programs}/postgres`,
    "-D",
    data,
    "-p",
    `${port}`,
    "-h",
    "127.0.0.1",
    "-k",
    folder,
    ...settings,
  ] as const;
  return await startServer({
    folder,
    options,
    command: command as unknown as [string, ...string[]],
    ready: async () => void (await queryPostgres(options, "select 1")),
  });
}

/** Runs a statement over a connection of its own. */
export async function queryPostgres(options: ServerOptions, text: string): Promise<readonly Record<string, unknown>[]> {
  const { host, port, database, user } = options;
  const client = new pg.Client({ host, port, database, user, connectionTimeoutMillis: 2000 });
  client.on("error", () => {});
  try {
    await client.connect();
    return (await client.query(text)).rows ?? [];
  } finally {
    await client.end().catch(() => {});
  }
}

let next = 0;

/** A new, empty database on a server. */
export async function newPostgresDatabase({ options }: DatabaseServer): Promise<ServerOptions> {
  const database = `kmr_${process.pid}_${next++}`;
  await queryPostgres(options, `create database ${database}`);
  return { ...options, database };
}
