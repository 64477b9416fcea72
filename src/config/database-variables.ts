import { checked, choice, duration, integer, text } from "./config-variable.ts";

/** Where the registry of versions keeps its records. */
export const databaseVariables = {
  databaseUrl: checked(
    "DATABASE_URL",
    "sqlite:PATH, sqlite::memory:, postgres://USER@HOST:PORT/NAME or mysql://USER@HOST:PORT/NAME",
    /^(sqlite:.+|(postgres|postgresql|mysql|mariadb):\/\/.+)$/,
    {
      secret: true,
      meaning:
        "The database of the registry of versions, which is off without one. `sqlite:` names a file, for a single replica; `sqlite::memory:` is lost with the process; PostgreSQL 13 or newer, MySQL 8 and MariaDB 10.11 or newer serve any number of replicas.",
    },
  ),
  databasePasswordFile: text("DATABASE_PASSWORD_FILE", "a path to a file", {
    meaning:
      "The file with the password of the database, where `DATABASE_URL` does not contain it. It is read again for each new connection.",
  }),
  databaseTls: choice("DATABASE_TLS", ["off", "require", "verify-ca", "verify-full"], {
    meaning:
      "Whether connections to the database are encrypted, and what is checked: nothing, that a known authority has signed the server's certificate, or also its host name. Unset: `verify-full` with `DATABASE_CA_FILE`, else `off`.",
  }),
  databaseCaFile: text("DATABASE_CA_FILE", "a path to a PEM file", {
    meaning: "The authorities that sign the certificate of the database, besides the usual ones.",
  }),
  databaseCertFile: text("DATABASE_CERT_FILE", "a path to a PEM file", {
    meaning: "The client certificate for the database.",
  }),
  databaseKeyFile: text("DATABASE_KEY_FILE", "a path to a PEM file", {
    meaning: "The private key of `DATABASE_CERT_FILE`.",
  }),
  databasePoolSize: integer("DATABASE_POOL_SIZE", [1, 200], {
    default: "8",
    meaning: "How many connections to the database are open at most, in each replica.",
  }),
  databaseConnectTimeoutMs: duration("DATABASE_CONNECT_TIMEOUT", ["100ms", "1m"], {
    default: "2s",
    meaning: "How long a new connection to the database, or the wait for a free one, may take.",
  }),
  databaseStatementTimeoutMs: duration("DATABASE_STATEMENT_TIMEOUT", ["100ms", "10m"], {
    default: "5s",
    meaning: "How long the database may work on one statement. A caller's shorter deadline wins.",
  }),
  alphaSunset: checked(
    "MR_ALPHA_SUNSET_DATE",
    "a date such as 2027-04-29",
    (value) => /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)),
    {
      meaning:
        "The day from which on `/api/model_registry/v1alpha3` answers 410. Until then its answers carry `Deprecation`, `Sunset` and `Link`. Unset: it does not end.",
    },
  ),
} as const;

/** The same by the names in the manifests of Kubeflow's registry; read where `DATABASE_URL` is not set. */
export const kubeflowVariables = {
  mrDatabaseType: choice("MR_EMBEDMD_DATABASE_TYPE", ["mysql", "postgres"], {
    meaning: "The kind of database. Unset: `postgres` where `POSTGRES_USER` is set, else `mysql`.",
  }),
  mrDatabaseDsn: text("MR_EMBEDMD_DATABASE_DSN", "USER:PASSWORD@tcp(HOST:PORT)/NAME, or what PostgreSQL takes", {
    secret: true,
    meaning: "The whole address of the database.",
  }),
  mrDatabaseHost: text("MR_DATABASE_HOST", "a host", { meaning: "The host of the database." }),
  mrDatabasePort: integer("MR_DATABASE_PORT", [1, 65_535], {
    meaning: "Its port. Unset: 3306 for MySQL, 5432 for PostgreSQL.",
  }),
  mrDatabaseName: text("MR_DATABASE_NAME", "a name", { meaning: "The name of the database." }),
  mysqlDatabase: text("MYSQL_DATABASE", "a name", { meaning: "The same, for MySQL." }),
  mysqlUser: text("MYSQL_USER_NAME", "a name", { meaning: "The user of MySQL. Unset: `root`." }),
  mysqlPassword: text("MYSQL_USER_PASSWORD", "a password", { secret: true, meaning: "The password of that user." }),
  mysqlRootPassword: text("MYSQL_ROOT_PASSWORD", "a password", { secret: true, meaning: "The password of `root`." }),
  postgresDatabase: text("POSTGRES_DB", "a name", { meaning: "The name of the database, for PostgreSQL." }),
  postgresUser: text("POSTGRES_USER", "a name", { meaning: "The user of PostgreSQL." }),
  postgresPassword: text("POSTGRES_PASSWORD", "a password", { secret: true, meaning: "The password of that user." }),
  mrSslCert: text("MR_EMBEDMD_DATABASE_SSL_CERT", "a path to a PEM file", { meaning: "`DATABASE_CERT_FILE`." }),
  mrSslKey: text("MR_EMBEDMD_DATABASE_SSL_KEY", "a path to a PEM file", { meaning: "`DATABASE_KEY_FILE`." }),
  mrSslRootCert: text("MR_EMBEDMD_DATABASE_SSL_ROOT_CERT", "a path to a PEM file", { meaning: "`DATABASE_CA_FILE`." }),
  mrSslCa: text("MR_EMBEDMD_DATABASE_SSL_CA", "a path to a PEM file", { meaning: "The same." }),
  mrSslVerify: choice("MR_EMBEDMD_DATABASE_SSL_VERIFY_SERVER_CERT", ["true", "false"], {
    meaning: "`false`: its certificate is not checked, as by `DATABASE_TLS=require`.",
  }),
} as const;
