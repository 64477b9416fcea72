import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { ageOf } from "../../src/cli/output/words.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

describe("an age", () => {
  it.each([
    [-5 * second, "0s"],
    [0, "0s"],
    [59.9 * second, "59s"],
    [minute, "1m"],
    [59 * minute, "59m"],
    [hour, "1h"],
    [47 * hour, "47h"],
    [48 * hour, "2d"],
    [400 * 24 * hour, "400d"],
  ])("of %d ms is %s", (ageMs, words) => {
    const now = 1_700_000_000_000;
    expect(ageOf(timestampFromMs(now - ageMs), now)).toBe(words);
  });

  it("that is not known is a dash", () => {
    expect(ageOf(undefined)).toBe("-");
  });
});
