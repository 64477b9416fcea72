import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { checkDatabase, databaseStatus, migrateDatabase } from "../../../src/versions/database-commands.ts";
import type { DatabaseOptions } from "../../../src/versions/database-options.ts";
import { kinds } from "../../../src/versions/kinds/kinds.ts";
import { openVersionStore } from "../../../src/versions/open-store.ts";
import { connectDatabase } from "../../../src/versions/sql/connect.ts";
import { readColumns } from "../../../src/versions/sql/row.ts";
import { tables } from "../../../src/versions/sql/tables.ts";
import { sampleProperties } from "../support/sample-records.ts";
import { unique } from "../support/store-under-test.ts";

const script = join(import.meta.dirname, "../support/migrate-killed.ts");
const openScript = join(import.meta.dirname, "../support/open-database.ts");

/** Runs a migration that is killed at a point; undefined when it was, and the number of points when it was not. */
async function migrateUntil(options: DatabaseOptions, at: number): Promise<number | undefined> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(options), `${at}`]);
    return Number(stdout);
  } catch (error) {
    if ((error as { signal?: unknown }).signal === "SIGKILL") return undefined;
    throw error;
  }
}

/** Lets processes open a database when all of them are there. */
async function openAtOnce(options: DatabaseOptions, name: string, count: number) {
  const args = [openScript, JSON.stringify(options), name];
  const processes = Array.from({ length: count }, () => {
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    return { child, output: text(child.stdout), isThere: once(child.stdout, "readable") };
  });
  await Promise.all(processes.map(({ isThere }) => isThere));
  for (const { child } of processes) child.stdin.end();
  const outputs = await Promise.all(processes.map(({ output }) => output));
  return outputs.map((output) => JSON.parse(output) as { migrations: number; created: boolean });
}

async function execute(options: DatabaseOptions, ...statements: readonly string[]): Promise<void> {
  const { executor } = await connectDatabase(options, { readOnly: false });
  await executor.connection(async (session) => {
    for (const sql of statements) await session.run({ sql, values: [], name: undefined });
  }, undefined);
  await executor.close();
}

/** That `starts` processes at once, cut short anywhere, lead to one schema. `kills` of all points are tried. */
export function describeMigrations(
  newDatabase: () => Promise<DatabaseOptions>,
  { starts, kills }: { readonly starts: number; readonly kills: number },
): void {
  it(`is done once by ${starts} processes that start at the same time`, { timeout: 300_000 }, async () => {
    const options = await newDatabase();
    const name = unique();
    const results = await openAtOnce(options, name, starts);
    // One migrates, and one has the name.
    expect(results.map(({ migrations }) => migrations).sort()).toEqual([...Array(starts - 1).fill(0), 1]);
    expect(results.filter(({ created }) => created)).toHaveLength(1);
    expect(await checkDatabase(options)).toEqual({ records: 1, findings: [] });
  });

  it("has a column for every field of every kind", async () => {
    const options = await newDatabase();
    await migrateDatabase(options, () => {});
    const { executor, dialect } = await connectDatabase(options, { readOnly: true });
    for (const table of tables) {
      const columns = await executor.all(dialect.columnsOf(table.name), undefined);
      expect(new Set(columns.map(([name]) => name))).toEqual(new Set(readColumns(table)));
      for (const kind of table.kinds) {
        expect(columns.flat()).toEqual(expect.arrayContaining(kinds[kind].fields.map(({ column }) => column)));
      }
    }
    await executor.close();
  });

  it(`goes on after it was killed, at ${kills} points`, { timeout: Math.max(600_000, kills * 10_000) }, async () => {
    const points = (await migrateUntil(await newDatabase(), 0))!;
    const chosen = Array.from(
      { length: Math.min(kills, points - 1) },
      (_, i) => 2 + Math.floor((i * (points - 2)) / Math.max(1, Math.min(kills, points - 1) - 1)),
    );
    for (const at of new Set(chosen)) {
      const options = await newDatabase();
      const result = await migrateUntil(options, at);
      expect([at, result]).toEqual([at, undefined]);
      const store = await openVersionStore(options);
      await expect.poll(() => store.status().state, { timeout: 30_000 }).toBe("ready");
      const { id } = await store.create("registeredModel", { fields: { name: "x" }, properties: sampleProperties });
      expect(await store.count("registeredModel", { filter: `yes = true AND id = ${id}` })).toBe(1);
      await store.close();
      expect(await databaseStatus(options)).toMatchObject({
        schema: { applied: 1, known: 1, unfinished: undefined },
        problem: undefined,
      });
    }
  });

  it("refuses a schema that is newer, and says both versions", async () => {
    const options = await newDatabase();
    await migrateDatabase(options, () => {});
    await execute(
      options,
      "insert into kmr_schema (version, name, steps, steps_done, applied_time) values (99, 'x', 1, 1, 0)",
    );
    const store = await openVersionStore(options);
    expect(store.status()).toMatchObject({
      state: "newer",
      message: expect.stringMatching(/schema version 99.*versions up to 1;/),
    });
    await expect(store.get("registeredModel", { id: "1" })).rejects.toMatchObject({
      reason: "DATABASE_UNAVAILABLE",
      data: { why: "schema" },
    });
    await store.close();
    expect((await databaseStatus(options)).problem).toMatch(/run the program that made it/);
    await expect(migrateDatabase(options, () => {})).rejects.toMatchObject({ reason: "DATABASE_UNAVAILABLE" });
  });

  it.each([
    [true, /schema version 22, which is marked dirty/],
    [false, /schema version 22\); give this program a database of its own/],
  ])("refuses a database of Kubeflow's registry, dirty: %s", async (dirty, message) => {
    const options = await newDatabase();
    await execute(
      options,
      "create table schema_migrations (version bigint not null primary key, dirty boolean not null)",
      `insert into schema_migrations values (22, ${dirty})`,
    );
    const store = await openVersionStore(options);
    expect(store.status()).toMatchObject({ state: "dirty", message: expect.stringMatching(message) });
    await store.close();
    expect((await databaseStatus(options)).problem).toMatch(message);
  });

  it("finds what does not fit together", async () => {
    const options = await newDatabase();
    const store = await openVersionStore(options);
    const { id } = await store.create("registeredModel", { fields: { name: "x" }, properties: sampleProperties });
    await store.create("modelVersion", { fields: { name: "1", registeredModelId: id } });
    await store.close();
    expect(await checkDatabase(options)).toEqual({ records: 2, findings: [] });
    await execute(
      options,
      `update kmr_registered_model_property set number_value = 7 where entity_id = ${id} and number_value = 1`,
    );
    expect(await checkDatabase(options)).toEqual({
      records: 2,
      findings: [{ record: `registered model ${id}`, problem: "filters see other properties than the record has" }],
    });
  });
}
