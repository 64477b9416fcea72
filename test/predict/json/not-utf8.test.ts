import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import { expect, it } from "vitest";
import { notUtf8At } from "../../../src/predict/json/not-utf8.ts";
import { cases } from "../../support/cases.ts";

/** The longest beginning that is whole characters. */
function plainly(bytes: Uint8Array): number {
  let end = bytes.length;
  while (!isUtf8(bytes.subarray(0, end))) end--;
  return end;
}

it("finds the first character that is not UTF-8, wherever it lies", () => {
  const good = fc.string({ unit: "binary", maxLength: 40 }).map((text) => Buffer.from(text));
  const long = fc.nat(2200).map((length) => Buffer.from("ü🙂a".repeat(length)).subarray(0, length));
  const bad = fc.oneof(
    fc
      .constantFrom("ff", "c3", "e282", "f09f98", "c0af", "eda080", "80", "f4908080")
      .map((hex) => Buffer.from(hex, "hex")),
    fc.uint8Array({ minLength: 1, maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
  );
  fc.assert(
    fc.property(long, good, bad, good, (...parts) => {
      const bytes = Buffer.concat(parts);
      fc.pre(!isUtf8(bytes));
      expect(notUtf8At(bytes)).toBe(plainly(bytes));
    }),
    { numRuns: cases(500) },
  );
});
