import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteWriter } from "../../../src/predict/json/byte-writer.ts";
import { writeDouble, writeNumber } from "../../../src/predict/json/number.ts";
import { appendNumbers, appendRows, numbers as input } from "../../../src/predict/json/number-writer.ts";
import { cases } from "../../support/cases.ts";

function rows(values: readonly number[], width: number): string {
  const writer = new ByteWriter(0);
  for (const _ of appendRows(writer, new Uint8Array(Float64Array.from(values).buffer), width));
  return writer.finish().toString();
}

const appended = (value: number): string => rows([value], 1);

/** As one of `instances`, where whole numbers have no decimals. */
function appendedBare(value: number): string {
  const writer = new ByteWriter(0);
  input.setFloat64(0, value, true);
  appendNumbers(writer, 1, 1, 0);
  return writer.finish().toString();
}

const bits = new DataView(new ArrayBuffer(8));
const anyDouble = fc.tuple(fc.nat(0xffff_ffff), fc.nat(0xffff_ffff)).map(([high, low]) => {
  bits.setUint32(0, high);
  bits.setUint32(4, low);
  return bits.getFloat64(0);
});

describe("appendRows", () => {
  it.each<[string, fc.Arbitrary<number>]>([
    ["doubles of any bits", anyDouble],
    ["doubles of every size", fc.double()],
    ["whole numbers", fc.maxSafeInteger()],
    ["decimals of every length", fc.tuple(fc.maxSafeInteger(), fc.nat(22)).map(([m, scale]) => m / 10 ** scale)],
    ["short decimals", fc.tuple(fc.integer({ min: -999_999, max: 999_999 }), fc.nat(8)).map(([m, s]) => m / 10 ** s)],
    [
      "neighbours of short decimals",
      fc.tuple(fc.nat(999_999), fc.nat(8)).map(([m, s]) => (m / 10 ** s) * (1 + 2 ** -52)),
    ],
  ])("writes %s as writeDouble and writeNumber do", (_name, numbers) => {
    fc.assert(
      fc.property(numbers, (value) => {
        expect(appended(value)).toBe(writeDouble(value));
        expect(appendedBare(value)).toBe(writeNumber(value));
      }),
      { numRuns: cases(30_000) },
    );
  });

  it.each([
    0, -0, 1, -1, 0.1, 1e-6, 9.99e-7, 1e15, 999999999999999, 1e21, 5e-324, 1.7976931348623157e308,
    0.000001234567890123456, 123456789012345.6,
  ])("writes %d as writeDouble and writeNumber do", (value) => {
    for (const signed of [value, -value]) {
      expect(appended(signed)).toBe(writeDouble(signed));
      expect(appendedBare(signed)).toBe(writeNumber(signed));
    }
  });

  it.each([1, 2, 3, 7, 1023, 1024, 1025, 5000])("writes many numbers in rows of %d", (width) => {
    const values = Array.from({ length: width * Math.ceil(4100 / width) }, (_, i) => {
      // What is left to JavaScript comes at the start and the end of rows, one behind another too.
      if (i % 13 === 0 || i % 1024 === 0 || i % 1024 === 1023) return [1e300, Number.NaN, -1e-9, -0][i % 4]!;
      return i % 3 === 0 ? -i : i / 7;
    });
    const texts = Array.from({ length: values.length / width }, (_, row) =>
      values
        .slice(row * width, (row + 1) * width)
        .map(writeDouble)
        .join(","),
    );
    expect(rows(values, width)).toBe(texts.join("],["));
  });
});
