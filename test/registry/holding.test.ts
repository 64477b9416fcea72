import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SnapshotDiff } from "../../src/registry/snapshot-diff.ts";

interface Item {
  readonly key: string;
  readonly value: number;
}

/** What `replace` promises, in the plainest way. */
function expected(before: ReadonlyMap<string, Item>, after: ReadonlyMap<string, Item>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((key) => before.get(key)?.value !== after.get(key)?.value)
    .sort();
}

const byKey = (items: readonly Item[]): Map<string, Item> => new Map(items.map((item) => [item.key, item]));

describe("what a source holds", () => {
  it("tells what is new, different or gone, whatever is handed over after whatever", () => {
    // Few keys and few values, so that the same come again, at the same place and at others, as the same object or not.
    const pool = ["a", "b", "c", "d"].flatMap((key) => [1, 1, 2].map((value): Item => ({ key, value })));
    const snapshot = fc.array(fc.constantFrom(...pool), { maxLength: 8 });
    fc.assert(
      fc.property(fc.array(snapshot, { maxLength: 6 }), (snapshots) => {
        const holding = new SnapshotDiff<Item>(({ key }) => key);
        let before = new Map<string, Item>();
        for (const [i, items] of snapshots.entries()) {
          const after = byKey(items);
          const changes = holding.replace(items, new Date(i));
          const isUnique = after.size === items.length && before.size === holding.size;
          const keys = [...new Set(changes.map(({ key }) => key))].sort();
          if (isUnique) expect(keys).toEqual(expected(before, after));
          else expect(keys).toEqual(expect.arrayContaining(expected(before, after)));
          expect([...holding.values()].map(({ item }) => [item.key, item.value]).sort()).toEqual(
            [...after.values()].map(({ key, value }) => [key, value]).sort(),
          );
          before = after;
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("keeps since when an item is as it is, also when an equal one is handed over", () => {
    const holding = new SnapshotDiff<Item>(({ key }) => key);
    holding.replace([{ key: "a", value: 1 }], new Date(1));
    holding.replace(
      [
        { key: "b", value: 1 },
        { key: "a", value: 1 },
      ],
      new Date(2),
    );
    expect(holding.get("a")?.since).toEqual(new Date(1));
    holding.replace([{ key: "a", value: 2 }], new Date(3));
    expect([holding.get("a")?.since, holding.get("b")]).toEqual([new Date(3), undefined]);
  });
});
