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
        "The database of the registry of versions; without one, it is off. `sqlite:` names a file, for a single replica; `sqlite::memory:` is lost when the process ends; PostgreSQL 13 or newer, MySQL 8 and MariaDB 10.11 or newer support any number of replicas.",
    },
  ),
  databasePasswordFile: text("DATABASE_PASSWORD_FILE", "a path to a file", {
    meaning:
      "The file with the database password, if `DATABASE_URL` does not contain it. It is reloaded for each new connection.",
  }),
  databaseTls: choice("DATABASE_TLS", ["off", "require", "verify-ca", "verify-full"], {
    meaning:
      "Whether connections to the database are encrypted, and what is verified: nothing, that a known CA signed the server's certificate, or its host name as well. Unset: `verify-full` with `DATABASE_CA_FILE`, else `off`.",
  }),
  databaseCaFile: text("DATABASE_CA_FILE", "a path to a PEM file", {
    meaning: "Additional CA certificates for the database's certificate.",
  }),
  databaseCertFile: text("DATABASE_CERT_FILE", "a path to a PEM file", {
    meaning: "The client certificate for the database.",
  }),
  databaseKeyFile: text("DATABASE_KEY_FILE", "a path to a PEM file", {
    meaning: "The private key of `DATABASE_CERT_FILE`.",
  }),
  databasePoolSize: integer("DATABASE_POOL_SIZE", [1, 200], {
    default: "8",
    meaning: "The maximum number of open database connections per replica.",
  }),
  databaseConnectTimeoutMs: duration("DATABASE_CONNECT_TIMEOUT", ["100ms", "1m"], {
    default: "2s",
    meaning: "How long opening a database connection, or waiting for a free one, may take.",
  }),
  databaseStatementTimeoutMs: duration("DATABASE_STATEMENT_TIMEOUT", ["100ms", "10m"], {
    default: "5s",
    meaning: "How long one database statement may take. A caller's shorter deadline takes precedence.",
  }),
  alphaSunset: checked(
    "MR_ALPHA_SUNSET_DATE",
    "a date such as 2027-04-29",
    (value) => /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)),
    {
      meaning:
        "The date from which `/api/model_registry/v1alpha3` returns 410. Until then its responses carry `Deprecation`, `Sunset` and `Link`. Unset: it has no end date.",
    },
  ),
} as const;

/** The same by the names in the manifests of Kubeflow's registry; read where `DATABASE_URL` is not set. */
export const kubeflowVariables = {
  mrDatabaseType: choice("MR_EMBEDMD_DATABASE_TYPE", ["mysql", "postgres"], {
    meaning: "The kind of database. Unset: `postgres` if `POSTGRES_USER` is set, else `mysql`.",
  }),
  mrDatabaseDsn: text(
    "MR_EMBEDMD_DATABASE_DSN",
    "USER:PASSWORD@tcp(HOST:PORT)/NAME, or a PostgreSQL connection string",
    {
      secret: true,
      meaning: "The complete address of the database.",
    },
  ),
  mrDatabaseHost: text("MR_DATABASE_HOST", "a host", { meaning: "The database host." }),
  mrDatabasePort: integer("MR_DATABASE_PORT", [1, 65_535], {
    meaning: "Its port. Unset: 3306 for MySQL, 5432 for PostgreSQL.",
  }),
  mrDatabaseName: text("MR_DATABASE_NAME", "a name", { meaning: "The name of the database." }),
  mysqlDatabase: text("MYSQL_DATABASE", "a name", { meaning: "The same, for MySQL." }),
  mysqlUser: text("MYSQL_USER_NAME", "a name", { meaning: "The MySQL user. Unset: `root`." }),
  mysqlPassword: text("MYSQL_USER_PASSWORD", "a password", { secret: true, meaning: "The password of that user." }),
  mysqlRootPassword: text("MYSQL_ROOT_PASSWORD", "a password", { secret: true, meaning: "The password of `root`." }),
  postgresDatabase: text("POSTGRES_DB", "a name", { meaning: "The name of the database, for PostgreSQL." }),
  postgresUser: text("POSTGRES_USER", "a name", { meaning: "The PostgreSQL user." }),
  postgresPassword: text("POSTGRES_PASSWORD", "a password", { secret: true, meaning: "The password of that user." }),
  mrSslCert: text("MR_EMBEDMD_DATABASE_SSL_CERT", "a path to a PEM file", { meaning: "`DATABASE_CERT_FILE`." }),
  mrSslKey: text("MR_EMBEDMD_DATABASE_SSL_KEY", "a path to a PEM file", { meaning: "`DATABASE_KEY_FILE`." }),
  mrSslRootCert: text("MR_EMBEDMD_DATABASE_SSL_ROOT_CERT", "a path to a PEM file", { meaning: "`DATABASE_CA_FILE`." }),
  mrSslCa: text("MR_EMBEDMD_DATABASE_SSL_CA", "a path to a PEM file", { meaning: "The same." }),
  mrSslVerify: choice("MR_EMBEDMD_DATABASE_SSL_VERIFY_SERVER_CERT", ["true", "false"], {
    meaning: "`false`: it is not verified, as with `DATABASE_TLS=require`.",
  }),
} as const;
