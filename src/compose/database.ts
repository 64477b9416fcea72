import { type Config, ConfigError, type Env, readConfig } from "../config/config.ts";
import type { DatabaseOptions, DatabaseTls, ServerOptions } from "../versions/database-options.ts";

/** Where the records of the registry of versions are kept, as it is configured. */
export interface Database {
  /** Undefined: the registry of versions is off. */
  readonly options: DatabaseOptions | undefined;
  /** Problems, each named by its variable; never with a password. */
  readonly problems: readonly string[];
}

/** How a server is reached, in whatever form the address was given. */
interface Target {
  readonly kind: ServerOptions["kind"];
  readonly host: string;
  readonly port: number | undefined;
  readonly database: string;
  readonly user: string;
  readonly password: string | undefined;
  readonly sslMode?: string | undefined;
}

const ports: Readonly<Record<Target["kind"], number>> = { postgres: 5432, mysql: 3306 };

/** Reads where the database is. `DATABASE_URL` takes precedence over the variables of Kubeflow's manifests. */
export function databaseOf(config: Config): Database {
  const { databaseUrl: url, mrDatabaseDsn: dsn, mrDatabaseHost } = config;
  if (url?.startsWith("sqlite:")) return sqliteOf(url.slice("sqlite:".length), config);
  if (url !== undefined) return serverOf("DATABASE_URL", targetOfUrl(url), config);
  if (mrDatabaseHost !== undefined) return serverOf("MR_DATABASE_HOST", targetOfParts(mrDatabaseHost, config), config);
  if (dsn !== undefined) return serverOf("MR_EMBEDMD_DATABASE_DSN", targetOfDsn(dsn, kindOf(config)), config);
  const alone = (["databasePasswordFile", "databaseTls", "databaseCaFile"] as const).filter(
    (key) => config[key] !== undefined,
  );
  const names = {
    databasePasswordFile: "DATABASE_PASSWORD_FILE",
    databaseTls: "DATABASE_TLS",
    databaseCaFile: "DATABASE_CA_FILE",
  };
  return { options: undefined, problems: alone.map((key) => `${names[key]}: needs DATABASE_URL`) };
}

/**
 * The database that an environment names, for commands that need one.
 *
 * @param whatFor is added to the message where no database is named
 * @throws ConfigError when no database is named, or one that cannot be used
 */
export function requiredDatabase(env: Env, whatFor: string): DatabaseOptions {
  const { config, problems } = readConfig(env);
  const database = databaseOf(config);
  const all = [...problems, ...database.problems];
  if (all.length > 0) throw new ConfigError(all);
  if (database.options === undefined) throw new ConfigError([`DATABASE_URL: missing; ${whatFor}`]);
  return database.options;
}

function sqliteOf(path: string, { databasePasswordFile }: Config): Database {
  const problems = databasePasswordFile === undefined ? [] : ["DATABASE_PASSWORD_FILE: SQLite has no password"];
  return { options: { kind: "sqlite", path: path.replace(/^\/\//, "") }, problems };
}

function serverOf(variable: string, target: Target | string, config: Config): Database {
  if (typeof target === "string") return { options: undefined, problems: [`${variable}: ${target}`] };
  const { password, sslMode, port, ...where } = target;
  const passwordFile = config.databasePasswordFile;
  const problems =
    password !== undefined && passwordFile !== undefined
      ? [`DATABASE_PASSWORD_FILE: ${variable} contains a password too; remove one of them`]
      : [];
  return {
    problems,
    options: {
      ...where,
      port: port ?? ports[where.kind],
      ...(passwordFile === undefined ? {} : { passwordFile }),
      ...(password === undefined ? {} : { password }),
      tls: tlsOf(config, sslMode),
      poolSize: config.databasePoolSize,
      connectTimeoutMs: config.databaseConnectTimeoutMs,
      statementTimeoutMs: config.databaseStatementTimeoutMs,
    },
  };
}

const verifying: Readonly<Record<string, DatabaseTls["verify"]>> = {
  require: "none",
  "verify-ca": "authority",
  "verify-full": "full",
};

function tlsOf(config: Config, sslMode: string | undefined): DatabaseTls | undefined {
  const caFile = config.databaseCaFile ?? config.mrSslRootCert ?? config.mrSslCa;
  const certFile = config.databaseCertFile ?? config.mrSslCert;
  const keyFile = config.databaseKeyFile ?? config.mrSslKey;
  const fromFiles = caFile === undefined && certFile === undefined ? undefined : "verify-full";
  const fromFlags =
    config.mrSslVerify === "false" ? "require" : config.mrSslVerify === "true" ? "verify-full" : undefined;
  const verify = verifying[config.databaseTls ?? sslMode ?? fromFlags ?? fromFiles ?? "off"];
  return verify === undefined ? undefined : { verify, caFile, certFile, keyFile };
}

const urlForm = "expected postgres://USER@HOST:PORT/NAME or mysql://USER@HOST:PORT/NAME";

function targetOfUrl(text: string): Target | string {
  try {
    const url = new URL(text);
    const kind = url.protocol.startsWith("postgres") ? "postgres" : "mysql";
    const [database, user, password] = [url.pathname.slice(1), url.username, url.password].map(decodeURIComponent);
    if (url.hostname === "") return `${urlForm}; HOST is missing`;
    if (database === "") return `${urlForm}; NAME is missing`;
    return {
      kind,
      host: hostOf(url.hostname),
      port: url.port === "" ? undefined : Number(url.port),
      database: database!,
      user: user || (kind === "postgres" ? "postgres" : "root"),
      password: password || undefined,
      sslMode: url.searchParams.get("sslmode") ?? undefined,
    };
  } catch {
    return `${urlForm}; put a password with characters other than letters and digits in DATABASE_PASSWORD_FILE`;
  }
}

/** A host in the form that drivers take: IPv6 addresses without brackets. */
function hostOf(text: string): string {
  return text.replace(/^\[(.*)\]$/, "$1");
}

function kindOf({ mrDatabaseType, postgresUser }: Config): Target["kind"] {
  return mrDatabaseType ?? (postgresUser === undefined ? "mysql" : "postgres");
}

/** A data source name of Go's drivers: `user:password@tcp(host:port)/name` or `host=... user=... dbname=...`. */
function targetOfDsn(dsn: string, kind: Target["kind"]): Target | string {
  if (/^(postgres|postgresql|mysql):\/\//.test(dsn)) return targetOfUrl(dsn);
  if (kind === "postgres") {
    const words = [...dsn.matchAll(/(\w+)\s*=\s*('(?:[^'\\]|\\.)*'|\S+)/g)];
    const said = new Map(words.map(([, key, value]) => [key, value!.replace(/^'|'$/g, "").replaceAll(/\\(.)/g, "$1")]));
    const [host, database] = [said.get("host"), said.get("dbname")];
    if (host === undefined || database === undefined) return "expected host=HOST user=USER dbname=NAME";
    const port = said.get("port");
    return {
      kind,
      host,
      port: port === undefined ? undefined : Number(port),
      database,
      user: said.get("user") ?? "postgres",
      password: said.get("password"),
      sslMode: said.get("sslmode"),
    };
  }
  const match = /^(?:([^:@]*)(?::(.*))?@)?tcp\((\[[^\]]+\]|[^:)]+)(?::(\d+))?\)\/([^?]+)/.exec(dsn);
  if (match === null) return "expected USER:PASSWORD@tcp(HOST:PORT)/NAME";
  const [, user, password, host, port, database] = match;
  return {
    kind,
    host: hostOf(host!),
    port: port === undefined ? undefined : Number(port),
    database: database!,
    user: user || "root",
    password: password || undefined,
  };
}

function targetOfParts(host: string, config: Config): Target | string {
  const kind = kindOf(config);
  const isPostgres = kind === "postgres";
  const database = config.mrDatabaseName ?? (isPostgres ? config.postgresDatabase : config.mysqlDatabase);
  if (database === undefined) return `needs MR_DATABASE_NAME or ${isPostgres ? "POSTGRES_DB" : "MYSQL_DATABASE"}`;
  const mysqlPassword = config.mysqlUser === undefined ? config.mysqlRootPassword : config.mysqlPassword;
  return {
    kind,
    host,
    port: config.mrDatabasePort,
    database,
    user: isPostgres ? (config.postgresUser ?? "postgres") : (config.mysqlUser ?? "root"),
    password: isPostgres ? config.postgresPassword : (mysqlPassword ?? config.mysqlPassword),
  };
}
