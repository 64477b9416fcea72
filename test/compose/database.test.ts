import { describe, expect, it } from "vitest";
import { databaseOf } from "../../src/compose/database.ts";
import { type Env, readConfig } from "../../src/config/config.ts";

/** What an environment comes to, with every problem of its variables. */
function read(env: Env) {
  const { config, problems } = readConfig(env);
  const database = databaseOf(config);
  return { options: database.options, problems: [...problems, ...database.problems] };
}

const limits = { poolSize: 8, connectTimeoutMs: 2000, statementTimeoutMs: 5000 };
const open = { tls: undefined, ...limits };
const noFiles = { caFile: undefined, certFile: undefined, keyFile: undefined };

describe("where the database is", () => {
  it.each([
    [{ DATABASE_URL: "sqlite:versions.db" }, { kind: "sqlite", path: "versions.db" }],
    [{ DATABASE_URL: "sqlite:///data/versions.db" }, { kind: "sqlite", path: "/data/versions.db" }],
    [{ DATABASE_URL: "sqlite::memory:" }, { kind: "sqlite", path: ":memory:" }],
    [
      { DATABASE_URL: "postgres://mr@db/records" },
      { kind: "postgres", host: "db", port: 5432, database: "records", user: "mr", ...open },
    ],
    [
      { DATABASE_URL: "postgresql://mr:p%40ss%2F@[::1]:6432/re%20cords?sslmode=require" },
      {
        ...{ kind: "postgres", host: "::1", port: 6432, database: "re cords", user: "mr", password: "p@ss/" },
        ...limits,
        tls: { verify: "none", ...noFiles },
      },
    ],
    [
      { DATABASE_URL: "mariadb://db/records", DATABASE_PASSWORD_FILE: "/run/password", DATABASE_POOL_SIZE: "3" },
      {
        ...{ kind: "mysql", host: "db", port: 3306, database: "records", user: "root", passwordFile: "/run/password" },
        ...open,
        poolSize: 3,
      },
    ],
    [
      { DATABASE_URL: "mysql://mr@db/records", DATABASE_CA_FILE: "/ca.pem" },
      {
        ...{ kind: "mysql", host: "db", port: 3306, database: "records", user: "mr" },
        ...limits,
        tls: { ...noFiles, verify: "full", caFile: "/ca.pem" },
      },
    ],
    [
      {
        DATABASE_URL: "mysql://mr@db/records",
        DATABASE_TLS: "verify-ca",
        DATABASE_CERT_FILE: "/c",
        DATABASE_KEY_FILE: "/k",
      },
      {
        ...{ kind: "mysql", host: "db", port: 3306, database: "records", user: "mr" },
        ...limits,
        tls: { verify: "authority", caFile: undefined, certFile: "/c", keyFile: "/k" },
      },
    ],
    // The names of Kubeflow's manifests.
    [
      { MR_DATABASE_HOST: "mysql", MYSQL_DATABASE: "metadb", MYSQL_ROOT_PASSWORD: "test" },
      { kind: "mysql", host: "mysql", port: 3306, database: "metadb", user: "root", password: "test", ...open },
    ],
    [
      {
        MR_DATABASE_HOST: "pg",
        MR_DATABASE_PORT: "5433",
        POSTGRES_USER: "mr",
        POSTGRES_PASSWORD: "x",
        POSTGRES_DB: "d",
      },
      { kind: "postgres", host: "pg", port: 5433, database: "d", user: "mr", password: "x", ...open },
    ],
    [
      { MR_EMBEDMD_DATABASE_TYPE: "mysql", MR_EMBEDMD_DATABASE_DSN: "root:a:b@c@tcp(db:3307)/records?charset=utf8mb4" },
      { kind: "mysql", host: "db", port: 3307, database: "records", user: "root", password: "a:b@c", ...open },
    ],
    [
      {
        MR_EMBEDMD_DATABASE_TYPE: "postgres",
        MR_EMBEDMD_DATABASE_DSN: "host=db user=mr password='it\\'s so' dbname=records sslmode=verify-full",
        MR_EMBEDMD_DATABASE_SSL_ROOT_CERT: "/ca.pem",
      },
      {
        ...{ kind: "postgres", host: "db", port: 5432, database: "records", user: "mr", password: "it's so" },
        ...limits,
        tls: { ...noFiles, verify: "full", caFile: "/ca.pem" },
      },
    ],
  ])("is read from %j", (env, options) => {
    expect(read(env as Env)).toEqual({ options, problems: [] });
  });

  it.each([
    {},
    // What Kubernetes sets in every pod for Services named postgres and mysql, and what a database Secret holds.
    {
      POSTGRES_PORT: "tcp://10.0.0.1:5432",
      POSTGRES_SERVICE_HOST: "10.0.0.1",
      POSTGRES_PORT_5432_TCP_ADDR: "10.0.0.1",
    },
    { MYSQL_PORT: "tcp://10.0.0.1:3306", MYSQL_USER_NAME: "mr", MYSQL_USER_PASSWORD: "x", MYSQL_DATABASE: "metadb" },
    { POSTGRES_USER: "mr", POSTGRES_PASSWORD: "x", POSTGRES_DB: "metadb" },
  ])("is nowhere, and the registry of versions off, where %j alone is said", (env) => {
    expect(read(env as Env)).toEqual({ options: undefined, problems: [] });
  });

  it("is where DATABASE_URL says, else MR_DATABASE_HOST, else the address of proxy", () => {
    const dsn = { MR_EMBEDMD_DATABASE_DSN: "mr:x@tcp(from-dsn)/d" };
    const host = { MR_DATABASE_HOST: "from-host", MYSQL_DATABASE: "d" };
    const url = { DATABASE_URL: "mysql://mr@from-url/d" };
    const hostOf = (env: Env) => (read(env).options as { host: string }).host;
    expect([hostOf(dsn), hostOf({ ...dsn, ...host }), hostOf({ ...dsn, ...host, ...url })]).toEqual([
      ...["from-dsn", "from-host", "from-url"],
    ]);
  });

  it.each([
    [{ DATABASE_URL: "oracle://mr:s3cret@db/records" }, /^DATABASE_URL: expected sqlite:PATH, .*postgres:.*mysql:/],
    [{ DATABASE_URL: "sqlite:" }, /^DATABASE_URL: expected sqlite:PATH/],
    [{ DATABASE_URL: "postgres://mr:s3cret@db" }, /^DATABASE_URL: expected postgres:.*; NAME is missing$/],
    [{ DATABASE_URL: "postgres://mr:s3cret@/records" }, /^DATABASE_URL: expected postgres:/],
    [{ DATABASE_URL: "postgres://mr:s3cret%@db/records" }, /^DATABASE_URL: .*DATABASE_PASSWORD_FILE$/],
    [{ DATABASE_URL: "mysql://mr:s3cret#1@db/records" }, /^DATABASE_URL: .*DATABASE_PASSWORD_FILE$/],
    [
      { DATABASE_URL: "mysql://mr:s3cret@db/records", DATABASE_PASSWORD_FILE: "/run/password" },
      /^DATABASE_PASSWORD_FILE: DATABASE_URL contains a password too; remove one of them$/,
    ],
    [{ DATABASE_URL: "sqlite:x", DATABASE_PASSWORD_FILE: "/x" }, /^DATABASE_PASSWORD_FILE: SQLite has no password$/],
    [{ DATABASE_PASSWORD_FILE: "/x" }, /^DATABASE_PASSWORD_FILE: needs DATABASE_URL$/],
    [{ DATABASE_CA_FILE: "/x" }, /^DATABASE_CA_FILE: needs DATABASE_URL$/],
    [{ DATABASE_URL: "mysql://db/x", DATABASE_TLS: "on" }, /^DATABASE_TLS: .*verify-full/],
    [{ MR_DATABASE_HOST: "db" }, /^MR_DATABASE_HOST: needs MR_DATABASE_NAME or MYSQL_DATABASE$/],
    [{ MR_EMBEDMD_DATABASE_DSN: "mr:s3cret@db/records" }, /^MR_EMBEDMD_DATABASE_DSN: expected USER:PASSWORD@tcp/],
    [
      { MR_EMBEDMD_DATABASE_TYPE: "postgres", MR_EMBEDMD_DATABASE_DSN: "user=mr password=s3cret" },
      /^MR_EMBEDMD_DATABASE_DSN: expected host=HOST/,
    ],
  ])("is refused in %j, with what is expected and without the password", (env, problem) => {
    const { problems } = read(env as Env);
    expect(problems).toEqual([expect.stringMatching(problem)]);
    expect(problems.join()).not.toContain("s3cret");
  });
});
