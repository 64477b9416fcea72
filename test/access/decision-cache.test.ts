import { describe, expect, it } from "vitest";
import { DecisionCache } from "../../src/access/decision-cache.ts";

function cacheAt(clock: { now: number }, ttlMs = 100, maxEntries = 10): DecisionCache<string> {
  return new DecisionCache<string>({ ttlMs, maxEntries, now: () => clock.now });
}

describe("the cache of decisions", () => {
  it("asks once for as long as a decision is good", async () => {
    const clock = { now: 0 };
    const cache = cacheAt(clock);
    let asked = 0;
    const decide = async (): Promise<string> => `answer ${++asked}`;
    expect(await cache.get("a", decide)).toBe("answer 1");
    clock.now = 99;
    expect([await cache.get("a", decide), cache.peek("a")]).toEqual(["answer 1", "answer 1"]);
    clock.now = 100;
    expect(cache.peek("a")).toBeUndefined();
    expect(await cache.get("a", decide)).toBe("answer 2");
  });

  it("forgets a decision when that ends by itself", async () => {
    const clock = { now: 0 };
    const cache = cacheAt(clock);
    await cache.get(
      "a",
      async () => "x",
      () => 40,
    );
    clock.now = 39;
    expect(cache.peek("a")).toBe("x");
    clock.now = 40;
    expect(cache.peek("a")).toBeUndefined();
  });

  it.each([100, 0])("has a question under way once, when decisions are kept for %i ms", async (ttlMs) => {
    const cache = cacheAt({ now: 0 }, ttlMs);
    const gate = Promise.withResolvers<string>();
    let asked = 0;
    const decide = (): Promise<string> => {
      asked++;
      return gate.promise;
    };
    const answers = [cache.get("a", decide), cache.get("a", decide), cache.get("a", decide)];
    gate.resolve("x");
    expect([await Promise.all(answers), asked]).toEqual([["x", "x", "x"], 1]);
  });

  it("keeps no failure", async () => {
    const cache = cacheAt({ now: 0 });
    await expect(cache.get("a", () => Promise.reject(new Error("down")))).rejects.toThrow("down");
    expect(await cache.get("a", async () => "up")).toBe("up");
  });

  it("keeps a bounded number of them, the youngest", async () => {
    const cache = cacheAt({ now: 0 }, 100, 10);
    for (let i = 0; i < 1000; i++) await cache.get(`key ${i}`, async () => "x");
    const kept = Array.from({ length: 1000 }, (_, i) => i).filter((i) => cache.peek(`key ${i}`) !== undefined);
    expect(kept).toEqual([990, 991, 992, 993, 994, 995, 996, 997, 998, 999]);
  });
});
