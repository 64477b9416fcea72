import pg from "pg";
import type { ServerOptions } from "../../database-options.ts";
import { passwordReader, tlsOptions } from "../credentials.ts";
import type { Executor, Row } from "../executor.ts";
import { answerTimeoutMs, idleTimeoutMs, type PoolDriver, PooledExecutor } from "../pooled-executor.ts";
import type { Query } from "../statement.ts";
import { postgresFault } from "./postgres-dialect.ts";

/** A pool of connections to PostgreSQL. */
export function postgresExecutor(options: ServerOptions): Executor {
  const config = configOf(options);
  const pool = new pg.Pool({ ...config, max: options.poolSize, idleTimeoutMillis: idleTimeoutMs });
  // A connection that ends while it is idle is replaced when it is needed; one that is in use says so to its statement
  // or to the next, and besides in an event, which would end the process if nobody listened.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  const driver: PoolDriver<pg.PoolClient> = {
    connect: async () => await pool.connect(),
    release: (client, broken) => client.release(broken),
    all: async (client, query) => (await client.query({ ...textOf(query), rowMode: "array" })).rows as Row[],
    run: async (client, query) => {
      await client.query(textOf(query));
      return "0";
    },
    command: async (client, text) => {
      const { command } = await client.query(text);
      if (text === "commit" && command !== "COMMIT") {
        throw new Error("the transaction was rolled back instead of committed");
      }
    },
    cancel: (client) => void cancel(client, config),
    isBroken: (error) => postgresFault(error) === "unavailable",
    close: () => pool.end(),
  };
  return new PooledExecutor(driver, options);
}

async function cancel(client: pg.PoolClient, config: pg.ClientConfig): Promise<void> {
  const { processID } = client as unknown as { processID: number | null };
  if (processID === null) return;
  const other = new pg.Client(config);
  other.on("error", () => {});
  try {
    await other.connect();
    await other.query("select pg_cancel_backend($1)", [processID]);
  } catch {
    // The connection is given up instead.
  } finally {
    await other.end().catch(() => {});
  }
}

function configOf(options: ServerOptions): pg.ClientConfig {
  const ssl = tlsOptions(options);
  return {
    ...(ssl === undefined ? {} : { ssl }),
    host: options.host,
    port: options.port,
    database: options.database,
    user: options.user,
    password: passwordReader(options),
    connectionTimeoutMillis: options.connectTimeoutMs,
    statement_timeout: options.statementTimeoutMs,
    query_timeout: answerTimeoutMs(options),
    application_name: "kserve-model-registry",
    keepAlive: true,
  };
}

function textOf({ sql, values, name }: Query): pg.QueryConfig {
  return { text: sql, values: [...values], ...(name === undefined ? {} : { name }) };
}
