import net from "node:net";
import mysql from "mysql2";
import type { ServerOptions } from "../../database-options.ts";
import { passwordReader, tlsOptions } from "../credentials.ts";
import type { DatabaseServer } from "../dialect.ts";
import type { Executor, Row } from "../executor.ts";
import { answerTimeoutMs, idleTimeoutMs, type PoolDriver, PooledExecutor } from "../pooled-executor.ts";
import { plain, type Query } from "../statement.ts";
import { mysqlDialect, mysqlFault } from "./mysql-dialect.ts";

/** How many prepared statements a connection keeps; servers limit the total of all connections. */
const maxPrepared = 256;

type Connection = mysql.PoolConnection;
interface Result {
  readonly insertId: number | string;
}

/** MySQL or MariaDB, whichever it turns out to be. */
export const mysqlServer: DatabaseServer = {
  connect: mysqlExecutor,
  ask: async (executor) => {
    const [row] = await executor.all(plain("select version()"), undefined);
    const version = String(row![0]);
    const flavor = /mariadb/i.test(version) ? "mariadb" : "mysql";
    return { database: { kind: flavor, version }, dialect: mysqlDialect(flavor) };
  },
};

/** A pool of connections to MySQL or MariaDB. */
function mysqlExecutor(options: ServerOptions): Executor {
  const { poolSize } = options;
  const password = passwordReader(options);
  const config = configOf(options);
  const pool = mysql.createPool({
    ...config,
    connectionLimit: poolSize,
    maxIdle: poolSize,
    idleTimeout: idleTimeoutMs,
  });
  readPasswordEachTime(pool, password);
  pool.on("connection", (connection) => {
    connection.on("error", () => {});
    // Runs before the statement that the connection was opened for.
    connection.query(sessionSettings(options), () => {});
  });
  const timeout = answerTimeoutMs(options);
  const driver: PoolDriver<Connection> = {
    connect: () => answerOf((done) => pool.getConnection(done)),
    release: (connection, broken) => (broken ? connection.destroy() : connection.release()),
    all: (connection, query) => execute<Row[]>(connection, query, timeout),
    each: (connection, { sql, values }, onRow) =>
      new Promise((resolve, reject) => {
        const statement = connection.execute({ sql, values: [...values], rowsAsArray: true, timeout });
        statement.on("result", (row) => onRow(row as unknown as Row));
        statement.on("error", reject);
        statement.on("end", resolve);
      }),
    run: async (connection, query) => String((await execute<Result>(connection, query, timeout)).insertId),
    command: (connection, text) => answerOf<void>((done) => connection.query(text, (error) => done(error))),
    cancel: ({ threadId }) => {
      const other = mysql.createConnection(config);
      readPasswordEachTime(other, password);
      other.on("error", () => {});
      return new Promise((resolve) => {
        other.query(`kill query ${Number(threadId)}`, () => {
          other.destroy();
          resolve();
        });
      });
    },
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

/** Values are sent separately from the statement. */
function execute<T>(connection: Connection, { sql, values }: Query, timeout: number): Promise<T> {
  return answerOf((done) => {
    connection.execute({ sql, values: [...values], rowsAsArray: true, timeout }, (error, result) =>
      done(error, result as T),
    );
  });
}

function configOf(options: ServerOptions): mysql.ConnectionOptions {
  const ssl = tlsOptions(options);
  const verifyIdentity = options.tls?.verify === "full";
  return {
    host: options.host,
    port: options.port,
    database: options.database,
    user: options.user,
    connectTimeout: options.connectTimeoutMs,
    charset: "utf8mb4",
    maxPreparedStatements: maxPrepared,
    enableKeepAlive: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    jsonStrings: true,
    dateStrings: true,
    connectAttributes: { program_name: "kserve-model-registry" },
    ...(ssl === undefined ? {} : { ssl: Object.assign(ssl, { verifyIdentity }) as mysql.SslOptions }),
    ...(verifyIdentity && net.isIP(options.host) !== 0 ? { stream: () => socketTo(options) } : {}),
  };
}

/**
 * For hosts that are IP addresses the driver passes no name to TLS, which would then look for `localhost` in the
 * certificate.
 */
function socketTo({ host, port }: ServerOptions): net.Socket {
  const socket = net.connect({ host, port, keepAlive: true, noDelay: true });
  return Object.assign(socket, { _host: host });
}

/** The driver is configured with one password, but reads this property for each connection. */
function readPasswordEachTime(driver: mysql.Pool | mysql.Connection, password: () => string): void {
  const { config } = driver as unknown as { config: { connectionConfig?: object } };
  Object.defineProperty(config.connectionConfig ?? config, "password", { get: password });
}

/**
 * Settings that both servers understand, and in comments those that only one does. Times are in milliseconds unless
 * noted.
 */
function sessionSettings({ statementTimeoutMs }: ServerOptions): string {
  const seconds = Math.max(1, Math.ceil(statementTimeoutMs / 1000));
  return [
    "set session sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO'",
    `innodb_lock_wait_timeout = ${seconds}`,
    `lock_wait_timeout = ${seconds} /*M!100101 , max_statement_time = ${statementTimeoutMs / 1000} */ /*!50708 , max_execution_time = ${statementTimeoutMs} */`,
    "transaction_isolation = 'READ-COMMITTED'",
  ].join(", ");
}
