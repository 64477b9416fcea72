import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { CatalogEntry } from "../../src/catalog/entries/entry.ts";
import { keyOfEntry } from "../../src/catalog/entries/read-entry.ts";
import { type DataItem, type KnownEntry, readDataFile } from "../../src/catalog/sources/data-file.ts";

const task = { assetType: "models", sourceId: "s", included: [], excluded: ["x*"], maxEntries: 1000 } as const;

/** How a list of models may be written. */
const forms: readonly (readonly [string, (models: readonly unknown[]) => string])[] = [
  ["JSON", (models) => JSON.stringify({ models })],
  ["a block list of YAML", (models) => `source: Lab\n${stringify({ models })}`],
  ["YAML with anchors", (models) => `here: &here [en]\n${stringify({ models })}`],
];

/** Reads a text as the server would after it has read another one: what it has already, it takes from there. */
function readAgain(text: string, before: readonly DataItem[]) {
  const known = new Map<string, CatalogEntry>();
  for (const item of before) if (item.is === "entry" && item.digest !== "") known.set(item.digest, item.entry);
  const entries: KnownEntry[] = [...known].map(([digest, entry]) => ({ digest, key: keyOfEntry(entry) }));
  const read = [...readDataFile(text, task, entries)];
  const items = read.map((item): DataItem => {
    if (item.is !== "known") return item;
    const entry = known.get(item.digest)!;
    return { is: "entry", name: entry.name!, entry, digest: item.digest };
  });
  return { items, known: read.filter(({ is }) => is === "known").length };
}

const model = fc.record(
  {
    name: fc.constantFrom("a", "b", "c", "x", ""),
    description: fc.constantFrom("one", "two", 3),
    artifacts: fc.array(fc.record({ uri: fc.constantFrom("oci://a", "oci://b", "nowhere") }), { maxLength: 2 }),
  },
  { requiredKeys: ["name"] },
);
const models = fc.array(model, { minLength: 1, maxLength: 6 });

describe.each(forms)("a data file that is read again, as %s", (form, write) => {
  it("is read as if it had never been read before", () => {
    fc.assert(
      fc.property(models, models, (first, second) => {
        const before = [...readDataFile(write(first), task)];
        expect(readAgain(write(second), before).items).toEqual([...readDataFile(write(second), task)]);
      }),
      { numRuns: 100 },
    );
  });

  it("has only those entries read that have changed, wherever they stand", () => {
    const [a, b, c] = ["a", "b", "c"].map((name) => ({ name, description: "one" }));
    const before = [...readDataFile(write([a, b, c]), task)];
    const { items, known } = readAgain(write([{ name: "new" }, c, { ...a, description: "two" }, b]), before);
    expect(items.map((item) => item.is === "entry" && item.name)).toEqual(["new", "c", "a", "b"]);
    // What an anchor stands for may have changed without the entry.
    expect(known).toBe(form === "YAML with anchors" ? 0 : 2);
  });
});

it("reads an entry of JSON whose unknown fields are nested deeper than can be written", () => {
  const text = `{"models": [{"name": "a", "x-deep": ${"[".repeat(100_000)}${"]".repeat(100_000)}}, {"name": "b"}]}`;
  const read = [...readDataFile(text, task)];
  expect(read).toMatchObject([
    { is: "entry", name: "a", digest: "" },
    { is: "entry", name: "b" },
  ]);
  expect(readAgain(text, read)).toEqual({ items: read, known: 1 });
});
