import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PersistentMap } from "../../src/base/persistent-map.ts";

describe("PersistentMap", () => {
  const names = fc.constantFrom(...Array.from({ length: 600 }, (_, i) => `model-${i}`));
  const steps = fc.array(fc.array(fc.tuple(names, fc.option(fc.nat(), { nil: undefined }))), { maxLength: 20 });

  it("holds what a map holds after the same changes, and leaves those before as they were", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const plain = new Map<string, number>();
        const seen: { map: PersistentMap<number>; expected: ReadonlyMap<string, number> }[] = [];
        let map = new PersistentMap<number>();
        for (const changes of all) {
          for (const [name, item] of changes) {
            if (item === undefined) plain.delete(name);
            else plain.set(name, item);
          }
          map = map.with(new Map(changes));
          seen.push({ map, expected: new Map(plain) });
        }
        for (const { map: one, expected } of seen) {
          expect([...one.values()].sort()).toEqual([...expected.values()].sort());
          for (let i = 0; i < 600; i++) expect(one.get(`model-${i}`)).toBe(expected.get(`model-${i}`));
        }
      }),
      { numRuns: 20 },
    );
  });
});
