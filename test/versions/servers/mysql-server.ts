import { existsSync } from "node:fs";
import mysql from "mysql2/promise";
import { freePort } from "../../../measure/free-port.ts";
import type { ServerOptions } from "../../../src/versions/database-options.ts";
import { type DatabaseServer, run, scratchFolder, startServer } from "./database-server.ts";

/** A MariaDB of Debian. */
export async function startMariadb(more: readonly string[] = []): Promise<DatabaseServer> {
  const program = "/usr/sbin/mariadbd";
  if (!existsSync(program)) throw new Error("run test/versions/install.sh first");
  const folder = scratchFolder("mariadb");
  const data = `${folder}/data`;
  const port = await freePort();
  run(
    "/usr/bin/mariadb-install-db",
    ["--no-defaults", `--datadir=${data}`, "--auth-root-authentication-method=normal", "--skip-test-db"],
    folder,
  );
  const options: ServerOptions = {
    kind: "mysql",
    host: "127.0.0.1",
    port,
    database: "mysql",
    user: "root",
    tls: undefined,
    poolSize: 8,
    connectTimeoutMs: 5000,
    statementTimeoutMs: 30_000,
  };
  // What was acknowledged is with the operating system, which these tests do not end.
  const settings = ["--innodb-flush-log-at-trx-commit=2", "--innodb-buffer-pool-size=128M", "--skip-log-bin"];
  return await startServer({
    folder,
    options,
    command: [
      program,
      "--no-defaults",
      `--datadir=${data}`,
      `--port=${port}`,
      "--bind-address=127.0.0.1",
      `--socket=${folder}/socket`,
      `--pid-file=${folder}/pid`,
      ...settings,
      ...more,
    ],
    ready: async () => void (await queryMysql(options, "select 1")),
  });
}

/** Runs a statement over a connection of its own. */
export async function queryMysql(options: ServerOptions, text: string): Promise<readonly Record<string, unknown>[]> {
  const { host, port, database, user } = options;
  const connection = await mysql.createConnection({
    host,
    port,
    database,
    user,
    connectTimeout: 2000,
    multipleStatements: true,
  });
  try {
    return (await connection.query(text))[0] as Record<string, unknown>[];
  } finally {
    connection.destroy();
  }
}

let next = 0;

/** A new, empty database on a server. */
export async function newMysqlDatabase({ options }: DatabaseServer): Promise<ServerOptions> {
  const database = `kmr_${process.pid}_${next++}`;
  await queryMysql(options, `create database ${database}`);
  return { ...options, database };
}
