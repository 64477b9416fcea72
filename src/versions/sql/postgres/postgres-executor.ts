import pg from "pg";
import type { ServerOptions } from "../../database-options.ts";
import { VersionsError } from "../../versions-error.ts";
import { passwordReader, tlsOptions } from "../credentials.ts";
import type { ConnectedDatabase, DatabaseServer } from "../dialect.ts";
import type { Executor, Row } from "../executor.ts";
import { answerTimeoutMs, idleTimeoutMs, type PoolDriver, PooledExecutor } from "../pooled-executor.ts";
import { plain, type Query } from "../statement.ts";
import { postgresDialect, postgresFault } from "./postgres-dialect.ts";

const oldestVersion = 13;

/** PostgreSQL, of any version that is new enough. */
export const postgresServer: DatabaseServer = {
  connect: postgresExecutor,
  ask: askServer,
};

/** What differs between servers: the version, and the collation whose case rules ILIKE goes by. */
async function askServer(executor: Executor): Promise<Omit<ConnectedDatabase, "executor">> {
  const sql = `select current_setting('server_version'), current_setting('server_version_num'), current_setting('server_encoding'),
    (select collname from pg_collation where collname in ('und-x-icu', 'C.utf8') order by collname desc limit 1)`;
  const [row] = await executor.all(plain(sql), undefined);
  const [version, number, encoding, collation] = row!.map((value) => (value === null ? undefined : String(value)));
  if (Number(number) < oldestVersion * 10_000) {
    throw unusable(`PostgreSQL ${version} is too old; version ${oldestVersion} or newer is needed`);
  }
  if (encoding !== "UTF8") throw unusable(`the database has the encoding ${encoding}; create it with encoding UTF8`);
  return { database: { kind: "postgres", version: version! }, dialect: postgresDialect(collation ?? "default") };
}

function unusable(message: string): VersionsError {
  return new VersionsError("DATABASE_UNAVAILABLE", message, { why: "schema", retryAfterMs: 30_000 });
}

/** A pool of connections to PostgreSQL. */
function postgresExecutor(options: ServerOptions): Executor {
  const config = configOf(options);
  const pool = new pg.Pool({ ...config, max: options.poolSize, idleTimeoutMillis: idleTimeoutMs });
  // An idle connection that ends is replaced when needed. One in use fails its statement or the next one, and also
  // emits an event, which would end the process without a listener.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  const driver: PoolDriver<pg.PoolClient> = {
    connect: async () => await pool.connect(),
    release: (client, broken) => client.release(broken),
    all: async (client, query) => (await client.query({ ...textOf(query), rowMode: "array" })).rows as Row[],
    each: (client, query, onRow) => eachRow(client, query, onRow),
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
    cancel: (client) => cancel(client, config),
    isBroken: (error) => postgresFault(error) === "unavailable",
    close: () => pool.end(),
  };
  return new PooledExecutor(driver, options);
}

function eachRow(client: pg.PoolClient, query: Query, onRow: (row: Row) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const config = { ...textOf(query), rowMode: "array" };
    const statement = new pg.Query(config, (error) => (error ? reject(error) : resolve()));
    statement.on("row", (row: Row, result) => {
      // With a callback, which its time limit requires, the driver collects all rows.
      if (result !== undefined) result.rows.length = 0;
      onRow(row);
    });
    client.query(statement);
  });
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
