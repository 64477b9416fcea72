import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { checkRecords } from "../../src/versions/sql/check-records.ts";
import { migrate } from "../../src/versions/sql/migrations/migrate.ts";
import { createSqlStore } from "../../src/versions/sql/sql-store.ts";
import { sqliteDialect } from "../../src/versions/sql/sqlite/sqlite-dialect.ts";
import { SqliteExecutor } from "../../src/versions/sql/sqlite/sqlite-executor.ts";
import { sampleProperties } from "./support/sample-records.ts";

it("says that a file has no room left, keeps what it has, and goes on when there is room", async () => {
  const folder = mkdtempSync(join(tmpdir(), "versions-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const executor = new SqliteExecutor(join(folder, "full.db"));
  const pragma = (sql: string) => executor.all({ sql, values: [], name: undefined });
  await migrate(executor, sqliteDialect);
  const [[pages]] = (await pragma("pragma page_count")) as [[number]];
  // SQLite says of this limit what it says of a full disk: SQLITE_FULL.
  await pragma(`pragma max_page_count = ${pages + 40}`);
  const status = () =>
    ({ state: "ready", database: undefined, schema: { applied: 1, known: 1 }, message: "" }) as const;
  const store = createSqlStore({ executor, dialect: sqliteDialect, status, batch: 100 });
  const register = (name: string) =>
    store.registerVersion({
      model: { fields: { name, readme: "x".repeat(2000) }, properties: sampleProperties },
      version: { fields: { name: "1" } },
      artifacts: [{ kind: "metric", fields: { name: "accuracy", value: 1 } }],
    });
  const acknowledged: string[] = [];
  let failure: unknown;
  for (let i = 0; i < 1000 && failure === undefined; i++) {
    await register(`model-${i}`).then(
      () => acknowledged.push(`model-${i}`),
      (error: unknown) => {
        failure = error;
      },
    );
  }
  expect(failure).toMatchObject({ reason: "DATABASE_FULL", message: "the database has no room left" });
  expect(acknowledged.length).toBeGreaterThan(5);
  const { records } = await store.list("registeredModel", { pageSize: 1000 });
  expect(records.map(({ name }) => name)).toEqual(acknowledged);
  const database = { kind: "sqlite", version: "" };
  expect(await checkRecords({ executor, dialect: sqliteDialect, database }, () => {})).toEqual({
    records: 3 * acknowledged.length,
    findings: [],
  });
  await pragma("pragma max_page_count = 1000000");
  expect((await register("after")).created).toBe(true);
  await store.close();
});
