/** A kind that only this test has, to show that its description is all there is to write. */
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { resourceOf } from "../../../src/api/versions/record-scope.ts";
import { flavours } from "../../../src/api/versions/rest/flavour.ts";
import { recordOfBody } from "../../../src/api/versions/rest/record-body.ts";
import { versionsFamily } from "../../../src/api/versions/rest/routes.ts";
import { versionsSchemas } from "../../../src/api/versions/rest/schemas.ts";
import type { VersionsRestDeps } from "../../../src/api/versions/rest/versions-context.ts";
import type { KindName } from "../../../src/versions/kinds/kinds.ts";
import type { VersionStore } from "../../../src/versions/ports.ts";
import { recordToJson } from "../../../src/versions/record-json.ts";
import { checkRecords } from "../../../src/versions/sql/check-records.ts";
import { migrate } from "../../../src/versions/sql/migrations/migrate.ts";
import { createSqlStore } from "../../../src/versions/sql/sql-store.ts";
import { sqliteDialect } from "../../../src/versions/sql/sqlite/sqlite-dialect.ts";
import { SqliteExecutor } from "../../../src/versions/sql/sqlite/sqlite-executor.ts";

vi.mock("../../../src/versions/kinds/kinds.ts", async (importOriginal) => {
  const original = await importOriginal<typeof import("../../../src/versions/kinds/kinds.ts")>();
  const { describe } = await import("../../../src/versions/kinds/kind.ts");
  const { field, oneOf, reference, text } = await import("../../../src/versions/kinds/field.ts");
  const benchmark = describe("benchmark", {
    title: "Benchmark",
    words: "benchmark",
    path: "benchmarks",
    meaning: "A model version on a course of tasks.",
    name: "required",
    uniqueWithin: "modelVersionId",
    externalIds: "contexts",
    fields: [
      reference("modelVersionId", "modelVersion", "The version that ran.", { required: true, mutable: false }),
      oneOf("outcome", ["PENDING", "PASSED", "FAILED"], "How it went."),
      field("score", "double", "What it reached."),
      field("rows", "int64", "How many rows it was asked."),
      field("tasks", "strings", "What it was asked to do."),
      text("judge", "Who says so.", { limit: 8 }),
    ],
  });
  const kinds = { ...original.kinds, benchmark };
  return { ...original, kinds, kindNames: Object.keys(kinds) };
});

const benchmark = "benchmark" as KindName;
const executor = new SqliteExecutor(":memory:");
let store: VersionStore;
let modelVersionId: string;
beforeAll(async () => {
  await migrate(executor, sqliteDialect);
  const status = () =>
    ({ state: "ready", database: undefined, schema: { applied: 1, known: 1 }, message: "" }) as const;
  store = createSqlStore({ executor, dialect: sqliteDialect, status, batch: 100 });
  const registration = { model: { fields: { name: "disk" } }, version: { fields: { name: "1" } }, artifacts: [] };
  modelVersionId = (await store.registerVersion(registration)).version.id;
});
afterAll(() => store.close());

const rule = { fields: "create", ignoresUnknown: false } as const;
const body = () => ({
  name: "nightly",
  modelVersionId,
  score: 0.75,
  rows: "9007199254740993",
  tasks: ["rank", "sort"],
  judge: "ada",
  customProperties: { fast: { metadataType: "MetadataBoolValue", bool_value: true } },
});

it("reads, keeps, finds, changes and writes a kind by its description alone", async () => {
  const created = await store.create(benchmark, recordOfBody(benchmark, body(), rule));
  expect(JSON.parse(recordToJson(created, flavours[0]!))).toEqual({
    ...body(),
    id: created.id,
    outcome: "PENDING",
    createTimeSinceEpoch: expect.stringMatching(/^\d{13}$/),
    lastUpdateTimeSinceEpoch: expect.stringMatching(/^\d{13}$/),
  });
  expect(await store.get(benchmark, { name: "nightly", parentId: modelVersionId })).toEqual(created);

  await store.update(benchmark, created.id, { fields: { outcome: "PASSED", judge: null } });
  const found = async (filter: string) =>
    (await store.list(benchmark, { filter, where: { modelVersionId }, pageSize: 9 })).records.map(({ name }) => name);
  expect(await found("score > 0.5 AND rows = 9007199254740993 AND outcome IN ('PASSED')")).toEqual(["nightly"]);
  expect(await found("judge IS NULL AND fast = true")).toEqual(["nightly"]);
  expect(await found("judge = 'ada'")).toEqual([]);
  const database = { kind: "sqlite", version: "" };
  expect(await checkRecords({ executor, dialect: sqliteDialect, database }, () => {})).toEqual({
    records: 3,
    findings: [],
  });
});

it("holds a kind to its rules", async () => {
  const create = (more: object) => store.create(benchmark, recordOfBody(benchmark, { ...body(), ...more }, rule));
  await create({ name: "weekly" });
  await expect(create({ name: "weekly" })).rejects.toMatchObject({ reason: "ALREADY_EXISTS" });
  await expect(create({ modelVersionId: "77" })).rejects.toMatchObject({ reason: "PARENT_NOT_FOUND" });
  await expect(create({ outcome: "LOST" })).rejects.toThrow(/outcome: expected one of PENDING, PASSED, FAILED/);
  await expect(create({ judge: "x".repeat(9) })).rejects.toThrow(/judge: 9 characters; at most 8/);
  await expect(create({ name: "" })).rejects.toMatchObject({ reason: "INVALID" });
  await expect(store.delete("modelVersion", modelVersionId)).rejects.toMatchObject({ reason: "STILL_REFERENCED" });
  await expect(store.list(benchmark, { filter: "score = 'x'", pageSize: 1 })).rejects.toMatchObject({
    reason: "INVALID_FILTER",
  });
  expect(() => recordOfBody(benchmark, { colour: 1 }, rule)).toThrow('json: unknown field "colour"');
});

it("has a collection of the REST surface for it", () => {
  const { routes } = versionsFamily({} as VersionsRestDeps);
  const own = routes.filter(({ path }) => path.startsWith("/api/model_registry/v1/benchmark"));
  expect(own.map(({ method, path }) => `${method} ${path.slice("/api/model_registry/v1".length)}`).sort()).toEqual([
    "DELETE /benchmarks/{id}",
    "GET /benchmark",
    "GET /benchmarks",
    "GET /benchmarks/{id}",
    "PATCH /benchmarks/{id}",
    "POST /benchmarks",
  ]);
  expect(resourceOf(benchmark)).toBe("benchmarks");
});

it("documents a kind by its description", () => {
  expect(versionsSchemas).toMatchObject({
    Benchmark: { properties: { outcome: { enum: ["PENDING", "PASSED", "FAILED"], description: "How it went." } } },
    BenchmarkCreate: { required: ["name", "modelVersionId"], additionalProperties: false },
    BenchmarkUpdate: { properties: expect.not.objectContaining({ modelVersionId: expect.anything() }) },
    BenchmarkList: { properties: { items: { items: { $ref: "#/components/schemas/Benchmark" } } } },
  });
});
