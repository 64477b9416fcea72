import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { migrations } from "../../src/versions/sql/migrations/migrations.ts";
import { mysqlDialect } from "../../src/versions/sql/mysql/mysql-dialect.ts";
import { postgresDialect } from "../../src/versions/sql/postgres/postgres-dialect.ts";
import { sqliteDialect } from "../../src/versions/sql/sqlite/sqlite-dialect.ts";

const dialects = {
  sqlite: sqliteDialect,
  postgres: postgresDialect("default"),
  mariadb: mysqlDialect("mariadb"),
  mysql: mysqlDialect("mysql"),
};

/**
 * Tables come from the kinds, and databases keep what a migration has made: its statements must not change once it is
 * released. A new kind or field says `since` and comes with a migration of its own. Nothing is released yet: until then a
 * change of the first migration is written down here.
 */
const released = [
  [1, "sqlite", "36dbd5119aa1c101"],
  [1, "postgres", "6e310d1d7e58bcf7"],
  [1, "mariadb", "bf75e877399de2c6"],
  [1, "mysql", "c9a060d08adc73f1"],
] as const;

it.each(released)("migration %i makes on %s what it made when it was written", (version, dialect, hash) => {
  const steps = migrations[version - 1]!.steps(dialects[dialect]);
  const text = steps.map(({ query }) => query.sql).join(";\n");
  expect(createHash("sha256").update(text).digest("hex").slice(0, 16)).toBe(hash);
});

it("has migrations without a gap, each of which is held fast for every database", () => {
  expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, i) => i + 1));
  expect(released.map(([version, dialect]) => `${version} ${dialect}`)).toEqual(
    migrations.flatMap(({ version }) => Object.keys(dialects).map((dialect) => `${version} ${dialect}`)),
  );
});
