import { readFileSync } from "node:fs";
import mysql from "mysql2";
import type { ServerOptions } from "../../database-options.ts";
import type { Executor, Row, Session } from "../executor.ts";
import { interruptible } from "../interruptible.ts";
import type { Query } from "../statement.ts";
import { tlsOptions } from "../tls.ts";
import { mysqlFault } from "./mysql-dialect.ts";

/** Calls that wait for a connection at most. One that comes on top is refused at once. */
const maxWaiting = 1000;
/** Statements that a connection keeps prepared; a server has a limit for all connections together. */
const maxPrepared = 256;
/** How long a connection that nobody uses is kept. */
const idleTimeoutMs = 60_000;
/** What a statement may take beyond the limit that the server itself keeps: it has gone silent then. */
const graceMs = 5000;

type Connection = mysql.PoolConnection;
interface Result {
  readonly affectedRows: number;
  readonly insertId: number | string;
}

class ConnectionError extends Error {
  readonly code: "KMR_BUSY" | "KMR_UNAVAILABLE";

  constructor(code: ConnectionError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** A pool of connections to MySQL or MariaDB. */
export class MysqlExecutor implements Executor {
  readonly #pool: mysql.Pool;
  readonly #options: ServerOptions;
  #open = 0;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#pool = mysql.createPool({
      ...configOf(options),
      connectionLimit: options.poolSize,
      maxIdle: options.poolSize,
      idleTimeout: idleTimeoutMs,
      queueLimit: maxWaiting,
    });
    readPasswordEachTime(this.#pool, options);
    this.#pool.on("connection", (connection) => {
      this.#open++;
      connection.once("end", () => this.#open--);
      connection.on("error", () => {});
      // It runs before whatever the connection was opened for.
      connection.query(sessionSettings(options), () => {});
    });
  }

  async all(query: Query, signal?: AbortSignal): Promise<readonly Row[]> {
    return await this.#use((connection) => this.#execute<Row[]>(connection, query), signal);
  }

  async transaction<T>(work: (session: Session) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return await this.#use(async (connection) => {
      await command(connection, "start transaction");
      try {
        const result = await work(this.#session(connection, signal));
        signal?.throwIfAborted();
        await command(connection, "commit");
        return result;
      } catch (error) {
        // A connection that cannot roll back is thrown away, and the transaction with it.
        await command(connection, "rollback").catch((failure: Error) => {
          throw new ConnectionError("KMR_UNAVAILABLE", failure.message);
        });
        throw error;
      }
    }, signal);
  }

  async connection<T>(work: (session: Session) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return await this.#use((connection) => work(this.#session(connection, signal)), signal);
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#pool.end(() => resolve()));
  }

  async #use<T>(use: (connection: Connection) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const connection = await this.#connect(signal);
    return await interruptible(() => use(connection), signal, {
      cancel: () => this.#cancel(connection),
      release: (broken) => (broken ? connection.destroy() : connection.release()),
      isBroken: (error) => mysqlFault(error) === "unavailable",
    });
  }

  #connect(signal: AbortSignal | undefined): Promise<Connection> {
    return new Promise((resolve, reject) => {
      let settled = false;
      const settle = (act: () => void) => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        act();
      };
      const onAbort = () => settle(() => reject(signal!.reason));
      const timer = setTimeout(() => {
        const full = this.#open >= this.#options.poolSize;
        settle(() => reject(new ConnectionError(full ? "KMR_BUSY" : "KMR_UNAVAILABLE", "no connection in time")));
      }, this.#options.connectTimeoutMs);
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#pool.getConnection((error, connection) => {
        // Whoever wanted it may have left.
        if (settled) return connection?.release();
        settle(() => (error === null ? resolve(connection) : reject(queueError(error))));
      });
    });
  }

  #session(connection: Connection, signal: AbortSignal | undefined): Session {
    return {
      all: async (query) => {
        signal?.throwIfAborted();
        return await this.#execute<Row[]>(connection, query);
      },
      run: async (query) => {
        signal?.throwIfAborted();
        const { affectedRows, insertId } = await this.#execute<Result>(connection, query);
        return { changes: affectedRows, lastId: String(insertId) };
      },
    };
  }

  /** Values go beside the statement, never into it. */
  #execute<T>(connection: Connection, { sql, values }: Query): Promise<T> {
    const timeout = this.#options.statementTimeoutMs + graceMs;
    return new Promise((resolve, reject) => {
      connection.execute({ sql, values: [...values], rowsAsArray: true, timeout }, (error, result) => {
        if (error === null) resolve(result as T);
        else reject(error);
      });
    });
  }

  /** Ends the statement of a connection, over another one. */
  #cancel({ threadId }: Connection): void {
    const other = mysql.createConnection(configOf(this.#options));
    readPasswordEachTime(other, this.#options);
    other.on("error", () => {});
    other.query(`kill query ${Number(threadId)}`, () => other.destroy());
  }
}

function configOf(options: ServerOptions): mysql.ConnectionOptions {
  const ssl = tlsOptions(options);
  return {
    host: options.host,
    port: options.port,
    database: options.database,
    user: options.user,
    password: passwordNow(options),
    connectTimeout: options.connectTimeoutMs,
    charset: "utf8mb4",
    maxPreparedStatements: maxPrepared,
    enableKeepAlive: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    jsonStrings: true,
    dateStrings: true,
    connectAttributes: { program_name: "kserve-model-registry" },
    ...(ssl === undefined ? {} : { ssl: ssl as mysql.SslOptions }),
  };
}

function passwordNow({ password, passwordFile }: ServerOptions): string {
  if (passwordFile === undefined) return password ?? "";
  return readFileSync(passwordFile, "utf8").replace(/\r?\n$/, "");
}

/** The driver takes the password once; it looks at this property for each connection. */
function readPasswordEachTime(driver: mysql.Pool | mysql.Connection, options: ServerOptions): void {
  if (options.passwordFile === undefined) return;
  const { config } = driver as unknown as { config: { connectionConfig?: object } };
  Object.defineProperty(config.connectionConfig ?? config, "password", { get: () => passwordNow(options) });
}

/** What both servers understand, and within comments what only one does. Times are in milliseconds unless said. */
function sessionSettings({ statementTimeoutMs }: ServerOptions): string {
  const seconds = Math.max(1, Math.ceil(statementTimeoutMs / 1000));
  return [
    "set session sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO'",
    `innodb_lock_wait_timeout = ${seconds}`,
    `lock_wait_timeout = ${seconds} /*M!100101 , max_statement_time = ${statementTimeoutMs / 1000} */ /*!50708 , max_execution_time = ${statementTimeoutMs} */`,
    "transaction_isolation = 'READ-COMMITTED'",
  ].join(", ");
}

function command(connection: Connection, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.query(text, (error) => (error === null ? resolve() : reject(error)));
  });
}

function queueError(error: Error): Error {
  return /queue limit/i.test(error.message) ? new ConnectionError("KMR_BUSY", error.message) : error;
}
