import { afterAll, beforeAll, expect, it } from "vitest";
import { openVersionStore } from "../../src/versions/open-store.ts";
import type { VersionStore } from "../../src/versions/ports.ts";

let store: VersionStore;
beforeAll(async () => {
  store = await openVersionStore({ kind: "sqlite", path: ":memory:" });
  for (let i = 0; i < 8; i++) {
    await store.create("registeredModel", { fields: { name: `m${i}`, readme: "a".repeat(1_000_000) } });
  }
});
afterAll(() => store.close());

const many = (term: (i: number) => string, word: string): string =>
  Array.from({ length: 100 }, (_, i) => term(i)).join(word);

it.each([
  ["a text that nearly fits everywhere", many((i) => `readme LIKE '%${"a".repeat(250)}b${i}%'`, " OR ")],
  ["the same in any case", many((i) => `readme ILIKE '%${"a".repeat(250)}b${i}%'`, " OR ")],
  ["characters that are not given", many((i) => `readme LIKE '%${"a_".repeat(120)}b${i}%'`, " OR ")],
])("ends a filter that takes too long, and serves the next: %s", async (_, filter) => {
  const started = performance.now();
  await expect(store.list("registeredModel", { filter, pageSize: 5 })).rejects.toMatchObject({
    reason: "DATABASE_TIMEOUT",
  });
  expect(performance.now() - started).toBeLessThan(10_000);
  expect((await store.list("registeredModel", { filter: "name LIKE '%3'", pageSize: 5 })).records).toHaveLength(1);
});

it.each([
  ["%a%", 8],
  ["a%", 8],
  ["a", 0],
  ["b%", 0],
  ["%b", 0],
  [`${"%a".repeat(120)}b`, 0],
  [`${"%a".repeat(120)}%`, 8],
])("answers readme LIKE %s", async (pattern, count) => {
  expect(await store.count("registeredModel", { filter: `readme LIKE '${pattern}'` })).toBe(count);
  expect(await store.count("registeredModel", { filter: `readme ILIKE '${pattern.toUpperCase()}'` })).toBe(count);
});

it("refuses a pattern of more characters than a filter may have", async () => {
  const filter = `readme LIKE '%${"a".repeat(256)}'`;
  await expect(store.list("registeredModel", { filter, pageSize: 5 })).rejects.toMatchObject({
    reason: "INVALID_FILTER",
  });
});
