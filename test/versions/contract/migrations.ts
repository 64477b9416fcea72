import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
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

/** The processes of a test are many, and most of what they do is to compile this program. */
const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), "kserve-model-registry-compiled") };

/** Runs a migration that is killed at a point; undefined when it was, and the last point when it was not. */
async function migrateUntil(options: DatabaseOptions, at: number): Promise<number | undefined> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(options), `${at}`], { env });
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
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"], env });
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

/** That a database works, whatever was done to it, and has one complete schema. */
async function expectWhole(options: DatabaseOptions): Promise<void> {
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

/** How many processes migrate at once, and how many points of a migration they are killed at. */
interface MigrationSizes {
  readonly starts: number;
  readonly kills: number;
  /** Whether a start is killed at every change besides, each after the other. */
  readonly everyChange: boolean;
}

/** That any number of processes at once, cut short anywhere, lead to one schema. */
export function describeMigrations(
  newDatabase: () => Promise<DatabaseOptions>,
  { starts, kills, everyChange }: MigrationSizes,
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

  it(`goes on after it was killed, at ${kills} points`, { timeout: 600_000 }, async () => {
    const points = (await migrateUntil(await newDatabase(), 0))!;
    const chosen = Array.from(
      { length: Math.min(kills, points - 1) },
      (_, i) => 2 + Math.floor((i * (points - 2)) / Math.max(1, Math.min(kills, points - 1) - 1)),
    );
    for (const at of new Set(chosen)) {
      const options = await newDatabase();
      const result = await migrateUntil(options, at);
      expect([at, result]).toEqual([at, undefined]);
      await expectWhole(options);
    }
  });

  it.runIf(everyChange)("goes on after it was killed at every change", { timeout: 3_600_000 }, async () => {
    const last = (await migrateUntil(await newDatabase(), 0))!;
    const options = await newDatabase();
    const { executor, dialect } = await connectDatabase(options, { readOnly: false });
    await executor.close();
    if (dialect.migrationLock.kind === "transaction") {
      // Nothing is left of any of them.
      for (let at = 2; at <= last; at++) {
        const { schema } = await databaseStatus(options);
        if (schema.applied > 0) break;
        expect([at, await migrateUntil(options, at)]).toEqual([at, undefined]);
      }
      return await expectWhole(options);
    }
    // Each start finds what was left by the one before, and is killed at the next change. The first is the journal's own.
    let kills = 0;
    while ((await migrateUntil(options, 5)) === undefined) kills++;
    expect(kills).toBe((last - 1) / 2 - 1);
    await expectWhole(options);
    // A statement that was on its way has been run or not.
    const other = await newDatabase();
    for (kills = 0; (await migrateUntil(other, 4)) === undefined; kills++) expect(kills).toBeLessThan(2 * last);
    await expectWhole(other);
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
