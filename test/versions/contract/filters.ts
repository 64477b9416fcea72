import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { PropertyValue } from "../../../src/versions/property-value.ts";
import type { VersionRecord } from "../../../src/versions/record.ts";
import { arbitraryFilter, keys, numbers, texts } from "../support/arbitrary-filter.ts";
import { matches } from "../support/evaluate-record.ts";
import { type StoreUnderTest, unique } from "../support/store-under-test.ts";

const string = (string_value: string): PropertyValue => ({ metadataType: "MetadataStringValue", string_value });
const int = (int_value: string): PropertyValue => ({ metadataType: "MetadataIntValue", int_value });
const double = (double_value: number): PropertyValue => ({ metadataType: "MetadataDoubleValue", double_value });
const bool = (bool_value: boolean): PropertyValue => ({ metadataType: "MetadataBoolValue", bool_value });

/** The versions that the examples find, by name. */
const examples: Readonly<Record<string, Readonly<Record<string, PropertyValue>>>> = {
  fraud: {
    accuracy: double(0.97),
    budget: double(20_000),
    priority: int("2"),
    framework: string("pytorch"),
    version: double(2),
  },
  "Fraud-2": {
    accuracy: double(0.9),
    budget: int("20000"),
    priority: double(2),
    framework: string("sklearn"),
    version: int("2"),
  },
  t: { approved: bool(true), version: int("1"), accuracy: int("1"), a: int("1") },
  d: { approved: bool(false), version: double(3), "mlflow.source.type": string("notebook"), b: int("2"), c: int("3") },
  replicas: {
    replicas: int("3"),
    mem: string("2Gi"),
    "custom-metric": double(0.9),
    approved: string("true"),
    b: int("2"),
  },
};

/** That a filter finds what it says, on every database alike. */
export function describeFilters(under: () => StoreUnderTest, count: number): void {
  // What narrows a list to the examples: their parent, or a property that leads to them.
  const series = unique();
  let where: { registeredModelId: string };
  let ids: Map<string, string>;
  beforeAll(async () => {
    const { store } = under();
    where = { registeredModelId: (await store.create("registeredModel", { fields: { name: unique() } })).id };
    ids = new Map();
    for (const [name, properties] of Object.entries(examples)) {
      const more = { series: string(series) };
      const record = { fields: { name, ...where }, properties: { ...properties, ...more } };
      ids.set(name, (await store.create("modelVersion", record)).id);
    }
  });
  const found = async (filter: string) => {
    const { records } = await under().store.list("modelVersion", { where, filter, pageSize: 1000 });
    return records.map(({ name }) => name);
  };

  it.each([
    [`name = "fraud"`, ["fraud"]],
    [`name != 'fraud'`, ["Fraud-2", "t", "d", "replicas"]],
    [`name <> 'fraud'`, ["Fraud-2", "t", "d", "replicas"]],
    [`name LIKE "%fraud%"`, ["fraud"]],
    [`name ILIKE "%Fraud%"`, ["fraud", "Fraud-2"]],
    [`name IN ("t","d")`, ["t", "d"]],
    ["accuracy > 0.95", ["fraud"]],
    ["accuracy >= 1", ["t"]],
    ["budget.double_value > 12000", ["fraud"]],
    ["budget > 12000", ["fraud", "Fraud-2"]],
    ["priority.int_value <= 2", ["fraud"]],
    ["approved = true", ["t"]],
    ["approved = 'true'", ["replicas"]],
    ['`mlflow.source.type` = "notebook"', ["d"]],
    ["`custom-metric` > 0.8", ["replicas"]],
    ['framework = "pytorch" OR framework = "sklearn"', ["fraud", "Fraud-2"]],
    ['(name = "t" OR name = "d") AND version >= 2.0', ["d"]],
    ["a = 1 OR b = 2 AND c = 3", ["t", "d"]],
    ['replicas = 3 AND mem.string_value = "2Gi"', ["replicas"]],
    ["createTimeSinceEpoch > 1700000000000", Object.keys(examples)],
    ["createTimeSinceEpoch > 1e30", []],
    ["id = 99999999999999999999999", []],
    ["id > -99999999999999999999999", Object.keys(examples)],
    ["NOT framework = 'pytorch'", ["Fraud-2", "t", "d", "replicas"]],
    ["framework != 'pytorch'", ["Fraud-2"]],
    ["framework IS NULL", ["t", "d", "replicas"]],
    ["author IS NULL AND state = 'LIVE'", Object.keys(examples)],
    ["author != 'x'", []],
    ["NOT author = 'x'", Object.keys(examples)],
    ["name IN ()", []],
    ["  -- nothing", Object.keys(examples)],
    ["name.string_value = 'fraud'", []],
    ["registeredModelId = 'R'", "needs a number"],
  ])("%s", async (filter, names) => {
    if (typeof names === "string") {
      await expect(found(filter)).rejects.toMatchObject({ reason: "INVALID_FILTER", data: { problem: "type" } });
      return;
    }
    expect(await found(filter)).toEqual(names);
    if (filter.includes("--")) return;
    const leading = { filter: `series = '${series}' AND (${filter})`, pageSize: 1000 };
    expect((await under().store.list("modelVersion", leading)).records.map(({ name }) => name)).toEqual(names);
    expect(await under().store.count("modelVersion", leading)).toBe(names.length);
  });

  it("finds what has several properties equal, with or without a parent", async () => {
    const { store } = under();
    const all = (pairs: Readonly<Record<string, string>>) =>
      Object.entries(pairs)
        .map(([key, value]) => `${key} = ${value}`)
        .join(" AND ");
    const one = { series: `'${series}'`, framework: "'sklearn'", version: "2", budget: "20000", priority: "2" };
    for (const [filter, names] of [
      [all(one), ["Fraud-2"]],
      [all({ ...one, framework: "'pytorch'" }), ["fraud"]],
      [all({ ...one, accuracy: "0.97" }), []],
      [`${all(one)} AND accuracy < 0.95 AND name LIKE 'Fraud%'`, ["Fraud-2"]],
      [all({ series: one.series, missing: "'x'" }), []],
      [all({ series: one.series, version: "2", b: "2" }), []],
    ] as const) {
      expect(await found(filter)).toEqual(names);
      const { records } = await store.list("modelVersion", { filter, pageSize: 9 });
      expect(records.map(({ name }) => name)).toEqual(names);
    }
  });

  it.each([
    ["one property", () => `series = '${series}'`],
    ["several properties", () => `series = '${series}' AND version.double_value > 0 AND series != 'x'`],
    ["several equal properties", () => `series = '${series}' AND approved = true`],
  ])("pages through what %s leads to, in every order", async (_, filterOf) => {
    const { store } = under();
    const filter = filterOf();
    for (const orderBy of ["ID", "CREATE_TIME", "LAST_UPDATE_TIME"] as const) {
      for (const descending of [false, true]) {
        const query = { filter, orderBy, descending };
        const { records } = await store.list("modelVersion", { ...query, pageSize: 100 });
        const paged: VersionRecord[] = [];
        let pageToken = "";
        do {
          const page = await store.list("modelVersion", { ...query, pageSize: 1, pageToken });
          paged.push(...page.records);
          pageToken = page.nextPageToken;
        } while (pageToken !== "");
        expect(paged).toEqual(records);
        if (orderBy === "ID") {
          const expected = await store.list("modelVersion", { where, ...query, pageSize: 100 });
          expect(paged).toEqual(expected.records);
        }
      }
    }
  });

  it("tells a long text from one that begins alike", async () => {
    const { store } = under();
    const texts = [254, 255, 256, 300].map((length) => "x".repeat(length));
    texts.push("💥".repeat(255), "💥".repeat(256), `${"💥".repeat(127)}x`);
    const marker = unique();
    const properties = (text: string) => ({ text: string(text), marker: string(marker) });
    const ids = [];
    for (const text of texts) {
      const fields = { name: unique(), ...where };
      ids.push((await store.create("modelVersion", { fields, properties: properties(text) })).id);
    }
    for (const [i, text] of texts.entries()) {
      for (const filter of [
        `text = '${text}'`,
        `text IN ('${text}', 'y')`,
        `marker = '${marker}' AND text = '${text}'`,
      ]) {
        const { records } = await store.list("modelVersion", { filter, pageSize: 9 });
        expect(records.map(({ id }) => id)).toEqual([ids[i]]);
      }
    }
    for (const id of ids) await store.delete("modelVersion", id);
  });

  it("finds records by id, in quotes or without", async () => {
    const [one, two] = [ids.get("fraud")!, ids.get("t")!];
    expect(await found(`id IN (${one}, ${two})`)).toEqual(["fraud", "t"]);
    expect(await found(`id IN ("${one}", '${two}')`)).toEqual(["fraud", "t"]);
    expect(await found(`id = ${one}.0`)).toEqual(["fraud"]);
    expect(await found(`id >= ${one}.5 AND id <= ${two}`)).toEqual(["Fraud-2", "t"]);
    expect(await found(`registeredModelId = ${where.registeredModelId} AND id < ${two}`)).toEqual(["fraud", "Fraud-2"]);
  });

  it("finds artifacts by the fields of their sort", async () => {
    const { store } = under();
    const modelVersionId = ids.get("fraud")!;
    const make = (kind: "modelArtifact" | "metric" | "parameter", fields: Record<string, string | number>) =>
      store.create(kind, { fields: { ...fields, modelVersionId } });
    await make("modelArtifact", { name: "files", uri: "s3://bucket/a" });
    await make("metric", { name: "accuracy", value: 0.9, timestamp: "1700000000000", step: "9007199254740993" });
    await make("parameter", { name: "rate", value: "0.1" });
    const names = async (kind: Parameters<typeof store.list>[0], filter: string) => {
      const { records } = await store.list(kind, { where: { modelVersionId }, filter, pageSize: 9 });
      return records.map(({ name }) => name);
    };
    expect(await names("artifact", 'uri LIKE "s3://%"')).toEqual(["files"]);
    expect(await names("artifact", "state = 'UNKNOWN'")).toEqual(["files", "accuracy", "rate"]);
    expect(await names("metric", "value > 0.8 AND timestamp >= 1700000000000")).toEqual(["accuracy"]);
    expect(await names("metric", "step = 9007199254740993")).toEqual(["accuracy"]);
    expect(await names("metric", "step = 9007199254740992")).toEqual([]);
    expect(await names("parameter", "value = '0.1'")).toEqual(["rate"]);
    // Of all sorts together `value` is a number here and a text there, and so the name of a property.
    expect(await names("artifact", "value IS NULL")).toHaveLength(3);
  });

  it.each([
    ["name =", "syntax"],
    ['name "x"', "syntax"],
    ['(name = "x"', "syntax"],
    ['name === "x"', "syntax"],
    ["name = 5", "type"],
    ["id = 'abc'", "type"],
    ["state = true", "type"],
    ["x.string_value = 5", "type"],
    ["x.bool_value = 1", "type"],
    ["x.int_value = '1'", "type"],
    ["inputFeatures = 'x'", "type"],
    [`name = "${"x".repeat(65_536)}"`, "limit"],
    ["(".repeat(1000), "limit"],
    [Array(1000).fill("a = 1").join(" AND "), "limit"],
  ])("refuses %.60s", async (filter, problem) => {
    await expect(found(filter)).rejects.toMatchObject({ reason: "INVALID_FILTER", data: { problem } });
  });

  it("may be as large as its limits", async () => {
    expect(await found(Array(100).fill('(framework = "pytorch")').join(" AND "))).toEqual(["fraud"]);
    expect(await found(Array(100).fill("missing IS NULL").join(" AND "))).toHaveLength(5);
    expect(await found(`name IN (${Array(999).fill("'x'").join()}, 'fraud')`)).toEqual(["fraud"]);
    expect(await found(`${"NOT (".repeat(25)}name = 'fraud'${")".repeat(25)}`)).toHaveLength(4);
  });

  describe("generated", () => {
    const all = unique();
    let generated: { registeredModelId: string };
    let records: readonly VersionRecord[];
    beforeAll(async () => {
      const { store } = under();
      generated = { registeredModelId: (await store.create("registeredModel", { fields: { name: unique() } })).id };
      const pick = <T>(from: readonly T[], i: number) => from[i % from.length]!;
      for (let i = 0; i < 60; i++) {
        const value = (j: number): PropertyValue => {
          const number = pick(numbers, i + j);
          const whole = /^-?\d+$/.test(number);
          return [
            string(pick(texts, i * 3 + j)),
            whole ? int(number) : double(Number(number)),
            double(Number(number)),
            bool((i + j) % 3 === 0),
          ][(i + j) % 4]!;
        };
        const some = keys.flatMap((key, j) => ((i + j) % 5 === 0 ? [] : [[key, value(j)]]));
        const properties = { ...Object.fromEntries(some), all: string(all) };
        const fields = {
          name: `${pick(texts, i).slice(0, 200)}${i}`,
          ...generated,
          state: i % 3 === 0 ? "ARCHIVED" : "LIVE",
          ...(i % 4 === 0 ? {} : { author: pick(texts, i + 1) }),
          ...(i % 5 === 0 ? { description: pick(texts, i + 2) } : {}),
        };
        await store.create("modelVersion", { fields, properties });
      }
      records = (await store.list("modelVersion", { where: generated, pageSize: 1000 })).records;
    });

    it(`find what evaluation in memory finds, ${count} times`, { timeout: 300_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(arbitraryFilter, async (filter) => {
          const expected = records.filter((record) => matches(record, filter)).map(({ name }) => name);
          for (const query of [{ where: generated, filter }, { filter: `all = '${all}' AND ${filter}` }]) {
            // Of a filter that is an OR, the property leads to its first part alone.
            if (query.where === undefined && / OR /.test(filter)) query.filter = `all = '${all}' AND (${filter})`;
            const page = await under().store.list("modelVersion", { ...query, pageSize: 1000 });
            expect(page.records.map(({ name }) => name)).toEqual(expected);
          }
        }),
        { numRuns: count },
      );
    });
  });
}
