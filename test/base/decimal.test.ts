import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalDecimal } from "../../src/base/decimal.ts";

describe("the canonical form of a decimal", () => {
  it.each([
    ["1", "1.0", "1.000", "1e0", "1E+0", "10e-1", "0.1e1", "100e-2"],
    ["-0.5", "-0.50", "-5e-1", "-50e-2"],
    ["0", "0.0", "-0", "-0.0", "0e5", "0.00e-9"],
    ["9007199254740993", "9007199254740993.0", "9.007199254740993e15"],
    ["1e400", "10e399"],
  ])("is the same for %s and its other texts", (...texts) => {
    expect(new Set(texts.map(canonicalDecimal)).size).toBe(1);
  });

  it.each([
    ["9007199254740992", "9007199254740993"],
    ["0.1", "0.10000000000000001"],
    ["1", "-1"],
    ["1", "10"],
  ])("differs for %s and %s", (a, b) => {
    expect(canonicalDecimal(a)).not.toBe(canonicalDecimal(b));
  });

  it.each(["", "a", "1a", "NaN", "Infinity", "true", ".5", "1.", "+1", "1e9999999999"])("is none for %j", (text) => {
    expect(canonicalDecimal(text)).toBeUndefined();
  });

  it("names the same double as the text", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Number(canonicalDecimal(JSON.stringify(value)))).toBe(value === 0 ? 0 : value);
      }),
    );
  });
});
