import pg from "pg";
import type { ServerOptions } from "../../database-options.ts";
import type { Executor, Row, Session } from "../executor.ts";
import { interruptible } from "../interruptible.ts";
import type { Query } from "../statement.ts";
import { passwordOf, tlsOptions } from "../tls.ts";
import { postgresFault } from "./postgres-dialect.ts";

/** Calls that wait for a connection at most. One that comes on top is refused at once. */
const maxWaiting = 1000;
/** How long a connection that nobody uses is kept. */
const idleTimeoutMs = 60_000;
/** What a statement may take beyond the limit that the server itself keeps: it has gone silent then. */
const graceMs = 5000;

/** Errors of the pool and of drivers that carry no code of their own. */
class ConnectionError extends Error {
  readonly code: "KMR_BUSY" | "KMR_UNAVAILABLE";

  constructor(code: ConnectionError["code"], cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.code = code;
  }
}

/** A pool of connections to PostgreSQL. */
export class PostgresExecutor implements Executor {
  readonly #pool: pg.Pool;
  readonly #options: ServerOptions;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#pool = new pg.Pool({
      ...configOf(options),
      max: options.poolSize,
      idleTimeoutMillis: idleTimeoutMs,
    });
    // A connection that ends while it is idle is replaced when it is needed; one that is in use says so to its statement
    // or to the next, and besides in an event, which would end the process if nobody listened.
    this.#pool.on("error", () => {});
    this.#pool.on("connect", (client) => client.on("error", () => {}));
  }

  async all(query: Query, signal?: AbortSignal): Promise<readonly Row[]> {
    return await this.#use((client) => rowsOf(client, query), signal);
  }

  async transaction<T>(work: (session: Session) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return await this.#use(async (client) => {
      await client.query("begin");
      try {
        const result = await work(sessionOf(client, signal));
        signal?.throwIfAborted();
        const { command } = await client.query("commit");
        if (command !== "COMMIT") throw new Error("the transaction was rolled back instead of committed");
        return result;
      } catch (error) {
        // A connection that cannot roll back is thrown away, and the transaction with it.
        await client.query("rollback").catch((failure: unknown) => {
          throw new ConnectionError("KMR_UNAVAILABLE", failure);
        });
        throw error;
      }
    }, signal);
  }

  async connection<T>(work: (session: Session) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return await this.#use((client) => work(sessionOf(client, signal)), signal);
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #use<T>(use: (client: pg.PoolClient) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const client = await this.#connect(signal);
    return await interruptible(() => use(client), signal, {
      cancel: () => void this.#cancel(client),
      release: (broken) => client.release(broken),
      isBroken: (error) => postgresFault(error) === "unavailable",
    });
  }

  async #connect(signal: AbortSignal | undefined): Promise<pg.PoolClient> {
    if (this.#pool.waitingCount >= maxWaiting)
      throw new ConnectionError("KMR_BUSY", "too many calls wait for a connection");
    const connecting = this.#pool.connect().catch((error: unknown) => {
      const full = this.#pool.totalCount >= this.#options.poolSize;
      throw isTimeout(error) ? new ConnectionError(full ? "KMR_BUSY" : "KMR_UNAVAILABLE", error) : error;
    });
    if (signal === undefined) return await connecting;
    return await new Promise((resolve, reject) => {
      const onAbort = () => {
        reject(signal.reason);
        connecting.then((client) => client.release()).catch(() => {});
      };
      signal.addEventListener("abort", onAbort, { once: true });
      connecting.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
    });
  }

  /** Ends the statement of a connection, over another one: what nobody waits for is not worth the database's time. */
  async #cancel(client: pg.PoolClient): Promise<void> {
    const { processID } = client as unknown as { processID: number | null };
    if (processID === null) return;
    const other = new pg.Client(configOf(this.#options));
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
}

function configOf(options: ServerOptions): pg.ClientConfig {
  const ssl = tlsOptions(options);
  return {
    ...(ssl === undefined ? {} : { ssl }),
    host: options.host,
    port: options.port,
    database: options.database,
    user: options.user,
    password: async () => (await passwordOf(options)) ?? "",
    connectionTimeoutMillis: options.connectTimeoutMs,
    statement_timeout: options.statementTimeoutMs,
    query_timeout: options.statementTimeoutMs + graceMs,
    application_name: "kserve-model-registry",
    keepAlive: true,
  };
}

function sessionOf(client: pg.PoolClient, signal: AbortSignal | undefined): Session {
  return {
    all: async (query) => {
      signal?.throwIfAborted();
      return await rowsOf(client, query);
    },
    run: async (query) => {
      signal?.throwIfAborted();
      const { rowCount } = await client.query({ text: query.sql, values: [...query.values], ...nameOf(query) });
      return { changes: rowCount ?? 0, lastId: "0" };
    },
  };
}

async function rowsOf(client: pg.PoolClient, query: Query): Promise<readonly Row[]> {
  const { rows } = await client.query({
    text: query.sql,
    values: [...query.values],
    rowMode: "array",
    ...nameOf(query),
  });
  return rows as Row[];
}

function nameOf({ name }: Query): { name: string } | Record<never, never> {
  return name === undefined ? {} : { name };
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && /timeout/i.test(error.message) && (error as { code?: unknown }).code === undefined;
}
