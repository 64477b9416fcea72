import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../../measure/paths.ts";
import { type Attack, problemsOf, type Result } from "../../reliability/attack/attack.ts";
import { held } from "../../reliability/attack/held.ts";
import { attacks } from "../../reliability/attack/rows.ts";

const attack: Attack = { title: "an attack", profile: "open", right: /^refused$/, run: async () => "refused" };
const good: Result = {
  attack,
  answer: "refused",
  lives: true,
  stallMs: 10,
  keptBytes: 1000,
  peakBytes: 5000,
  others: { ended: 100, failed: 0, p99Ms: 5, usualP99Ms: 4 },
};
const bounds = { stallMs: 50, keptBytes: 2000, peakBytes: 9000, slowdown: 3 };

describe("an attack", () => {
  it("that is taken well has no problems", () => {
    expect(problemsOf(good, bounds)).toEqual([]);
  });

  it.each<[string, Partial<Result>, RegExp]>([
    ["ends the process", { lives: false }, /the process ended/],
    ["is answered", { answer: "ok" }, /answered ok/],
    ["holds the event loop up", { stallMs: 51 }, /51 ms/],
    ["leaves memory behind", { keptBytes: 3 * 1024 ** 2 }, /left 3 MiB/],
    ["takes too much memory", { peakBytes: 7 * 1024 ** 2 }, /took 7 MiB/],
    ["makes others fail", { others: { ...good.others, failed: 2 } }, /2 calls of others/],
    ["makes others wait", { others: { ...good.others, p99Ms: 13 } }, /others waited/],
  ])("that %s has a problem", (_title, change, words) => {
    expect(problemsOf({ ...good, ...change }, bounds).join()).toMatch(words);
  });

  it("has a title of its own", () => {
    const titles = attacks.map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
  });

  it.each(held)("on %s is a test", (_what, files) => {
    for (const file of files) expect(existsSync(join(root, file)), file).toBe(true);
  });
});
