import { readFileSync } from "node:fs";
import mysql from "mysql2";
import type { ServerOptions } from "../../database-options.ts";
import type { Executor, Row } from "../executor.ts";
import { answerTimeoutMs, idleTimeoutMs, type PoolDriver, PooledExecutor } from "../pooled-executor.ts";
import type { Query } from "../statement.ts";
import { tlsOptions } from "../tls.ts";
import { mysqlFault } from "./mysql-dialect.ts";

/** Statements that a connection keeps prepared; a server has a limit for all connections together. */
const maxPrepared = 256;

type Connection = mysql.PoolConnection;
interface Result {
  readonly affectedRows: number;
  readonly insertId: number | string;
}

/** A pool of connections to MySQL or MariaDB. */
export function mysqlExecutor(options: ServerOptions): Executor {
  const { poolSize } = options;
  const pool = mysql.createPool({
    ...configOf(options),
    connectionLimit: poolSize,
    maxIdle: poolSize,
    idleTimeout: idleTimeoutMs,
  });
  readPasswordEachTime(pool, options);
  pool.on("connection", (connection) => {
    connection.on("error", () => {});
    // It runs before whatever the connection was opened for.
    connection.query(sessionSettings(options), () => {});
  });
  const timeout = answerTimeoutMs(options);
  const driver: PoolDriver<Connection> = {
    connect: () => answerOf((done) => pool.getConnection(done)),
    release: (connection, broken) => (broken ? connection.destroy() : connection.release()),
    all: (connection, query) => execute<Row[]>(connection, query, timeout),
    run: async (connection, query) => {
      const { affectedRows, insertId } = await execute<Result>(connection, query, timeout);
      return { changes: affectedRows, lastId: String(insertId) };
    },
    command: (connection, text) => answerOf<void>((done) => connection.query(text, (error) => done(error))),
    cancel: (connection) => cancel(connection, options),
    isBroken: (error) => mysqlFault(error) === "unavailable",
    close: () => new Promise((resolve) => pool.end(() => resolve())),
  };
  return new PooledExecutor(driver, options);
}

/** What a function hands to its callback. */
function answerOf<T>(call: (done: (error: Error | null, result?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result as T)));
  });
}

/** Values go beside the statement, never into it. */
function execute<T>(connection: Connection, { sql, values }: Query, timeout: number): Promise<T> {
  return answerOf((done) => {
    connection.execute({ sql, values: [...values], rowsAsArray: true, timeout }, (error, result) =>
      done(error, result as T),
    );
  });
}

function cancel({ threadId }: Connection, options: ServerOptions): void {
  const other = mysql.createConnection(configOf(options));
  readPasswordEachTime(other, options);
  other.on("error", () => {});
  other.query(`kill query ${Number(threadId)}`, () => other.destroy());
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
