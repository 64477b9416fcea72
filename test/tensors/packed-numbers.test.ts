import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { finishAtOnce } from "../../src/base/in-slices.ts";
import { ByteWriter } from "../../src/predict/json/byte-writer.ts";
import { JsonScanner } from "../../src/predict/json/json-scanner.ts";
import { appendFloatElements } from "../../src/tensors/elements/packed-numbers.ts";
import { TensorProblem } from "../../src/tensors/tensor-problem.ts";
import { cases } from "../support/cases.ts";

/** What is read, as bytes. */
function packed(json: string, count: number, datatype: "FP32" | "FP64" = "FP64"): Buffer {
  const text = Buffer.from(`  ${json}  `);
  const raw = new ByteWriter(0);
  const list = { start: 2, end: text.byteLength - 2 };
  finishAtOnce(appendFloatElements({ datatype, scanner: new JsonScanner(text, 64), list, count, raw, field: "data" }));
  return raw.finish();
}

function bytesOf(values: readonly number[], datatype: "FP32" | "FP64" = "FP64"): Buffer {
  return Buffer.from((datatype === "FP64" ? Float64Array : Float32Array).from(values).buffer);
}

const decimal = fc
  .tuple(fc.boolean(), fc.bigInt(0n, 10n ** 19n + 10n ** 17n), fc.nat(24))
  .map(([negative, mantissa, scale]) => {
    const digits = mantissa.toString().padStart(scale + 1, "0");
    const whole = digits.slice(0, digits.length - scale);
    return `${negative ? "-" : ""}${whole}${scale > 0 ? `.${digits.slice(-scale)}` : ""}`;
  });

/** Decimals that lie halfway between two doubles, or next to it. */
const halfway = fc.tuple(fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.integer({ min: -1, max: 1 })).map(([n, off]) => {
  const odd = (BigInt(n) << 22n) * 2n + 2n ** 53n + 1n;
  return `${odd}.${off < 0 ? "" : off === 0 ? "0" : "1"}`.replace(/\.$/, "");
});

describe("floats are read from JSON as the engine reads them", () => {
  it.each<[string, fc.Arbitrary<string>]>([
    ["decimals of any digits", decimal],
    ["decimals next to the middle of two doubles", halfway],
    [
      "doubles with all of their digits",
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
    ],
    ["doubles near 1", fc.double({ min: -4, max: 4, noNaN: true }).map((value) => JSON.stringify(value))],
    ["whole numbers", fc.maxSafeInteger().map(String)],
  ])("of %s", (_title, text) => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), (texts) => {
        expect(packed(`[${texts.join(",")}]`, texts.length)).toEqual(bytesOf(texts.map(Number)));
      }),
      { numRuns: cases(2000) },
    );
  });

  it.each([
    "0",
    "-0",
    "-0.0",
    "0.000000000000000000000001",
    "1e5",
    "-2.5E-3",
    "1e400",
    "123456789012345678901234567890",
    `0.${"0".repeat(400)}1`,
  ])("of %s", (text) => {
    if (text === "1e400") expect(() => packed(`[${text}]`, 1)).toThrow(TensorProblem);
    else expect(packed(`[1,${text},2]`, 3)).toEqual(bytesOf([1, Number(text), 2]));
  });

  it("of words and texts for what JSON has not", () => {
    expect(packed('[null,NaN,-Infinity,"Infinity",1]', 5)).toEqual(
      bytesOf([Number.NaN, Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 1]),
    );
  });

  it.each([1, 7, 8, 100])("over many windows, in rows of %d, with and without spaces", (width) => {
    const values = Array.from({ length: width * Math.ceil(20_000 / width) }, (_, i) => (i % 3 === 0 ? -1 - i : i / 7));
    const rows = Array.from({ length: values.length / width }, (_, i) => values.slice(i * width, (i + 1) * width));
    for (const text of [JSON.stringify(rows), JSON.stringify(rows, null, 1), JSON.stringify(values)]) {
      expect(packed(text, values.length).equals(bytesOf(values))).toBe(true);
      expect(packed(text, values.length, "FP32").equals(bytesOf(values, "FP32"))).toBe(true);
    }
  });

  it("of a number, and of white space, that is longer than a window", () => {
    const long = `0.${"123456789".repeat(4000)}`;
    expect(packed(`[${long},${" ".repeat(40_000)}1,${long}]`, 3)).toEqual(bytesOf([Number(long), 1, Number(long)]));
  });
});

it.each([
  ["[1,2,true]", 3, "FP64", "data[2]: expected a number (FP64), found true"],
  ['[1,"x"]', 2, "FP64", 'data[1]: expected a number (FP64), found "x"'],
  ["[1,[2]]", 2, "FP64", "data[1]: expected a number (FP64), found [2]"],
  ["[1,{}]", 2, "FP64", "data[1]: expected a number (FP64), found {}"],
  ["[1,1e39]", 2, "FP32", "data[1]: 1e39 is outside of FP32"],
  [`[1,1${"0".repeat(39)}]`, 2, "FP32", `data[1]: 1${"0".repeat(39)} is outside of FP32`],
] as const)("%s is refused at its element", (json, count, datatype, message) => {
  expect(() => packed(json, count, datatype)).toThrow(message);
});
