import { describe, expect, it } from "vitest";
import { rulesOf } from "../../reliability/fuzz/report.ts";
import type { Outcome } from "../../reliability/fuzz/run.ts";

const MiB = 1024 ** 2;
const rest = { handles: 20, sockets: 4, residentBytes: 140 * MiB, liveBytes: 40 * MiB };
const good: Outcome = {
  sent: 1,
  seconds: 1,
  tallies: new Map(),
  findings: [],
  before: rest,
  after: rest,
  peakBytes: 400 * MiB,
};

describe("the rules of fuzz", () => {
  it.each<[string, Partial<Outcome>, RegExp[]]>([
    ["hold where nothing is wrong, however high the memory was meanwhile", {}, []],
    ["allow 64 MiB", { after: { ...rest, liveBytes: 104 * MiB, residentBytes: 204 * MiB } }, []],
    ["are broken by what lives on", { after: { ...rest, liveBytes: 105 * MiB } }, [/memory/]],
    ["are broken by a leak outside of the heap", { after: { ...rest, residentBytes: 205 * MiB } }, [/memory/]],
    ["are broken by a socket that is left", { after: { ...rest, sockets: 5 } }, [/connection/]],
    ["are broken by a finding", { findings: [{ surface: "x", problem: "y", index: 1 }] }, [/no crash/]],
  ])("%s", (_title, change, broken) => {
    const found = rulesOf({ ...good, ...change }).filter(({ met }) => !met);
    expect(found.map(({ rule }) => rule)).toEqual(broken.map((rule) => expect.stringMatching(rule)));
  });
});
