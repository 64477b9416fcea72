import fc from "fast-check";
import { expect, it } from "vitest";
import { mergedInTurns, sortedInTurns } from "../../src/base/sorted-in-turns.ts";

const items = fc.array(fc.record({ key: fc.integer({ min: 0, max: 20 }), at: fc.nat() }), { maxLength: 1500 });
const byKey = (a: { key: number }, b: { key: number }): number => a.key - b.key;

it("sorts and merges as the language does, equal items in their order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(items, { maxLength: 4 }), async (lists) => {
      const sorted = await Promise.all(lists.map((list) => sortedInTurns(list, byKey)));
      expect(sorted).toEqual(lists.map((list) => list.toSorted(byKey)));
      expect(await mergedInTurns(sorted, byKey)).toEqual(lists.flat().toSorted(byKey));
    }),
    { numRuns: 30 },
  );
});
