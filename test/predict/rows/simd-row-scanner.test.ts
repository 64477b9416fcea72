import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { finishAtOnce } from "../../../src/base/in-slices.ts";
import { JsonScanner, JsonSyntaxError } from "../../../src/predict/json/json-scanner.ts";
import { featureSetOf } from "../../../src/predict/rows/feature-set.ts";
import { jsonRows } from "../../../src/predict/rows/json-rows.ts";
import { fitsColumn, type NumberRanges } from "../../../src/predict/rows/number-ranges.ts";
import { rowRanges } from "../../../src/predict/rows/row-ranges.ts";
import { worthwhileBytes } from "../../../src/predict/rows/simd-row-scanner.ts";
import type { InputFeature, ModelEntry } from "../../../src/registry/model.ts";
import { cases } from "../../support/cases.ts";

/** Rows that are passed over before the quick way begins. */
const leading = (row: string): string[] =>
  Array.from({ length: Math.ceil(worthwhileBytes / row.length) + 1 }, () => row);

const numberText = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^-?(0|[1-9]\d{0,6})(\.\d{1,18})?$/) },
  { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.stringMatching(/^-?[1-9]\d{6,130}(\.\d{1,130})?$/) },
  { weight: 1, arbitrary: fc.constantFrom("0", "-0", "1", "-1", "0.0", "1.0", "10", "99", "100", "100.0", "-100.5") },
);
const separator = fc.constantFrom(",", ", ");
const rowsText = fc
  .tuple(fc.array(fc.array(numberText, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 20 }), separator)
  .map(([rows, comma]) => {
    const texts = rows.map((row) => `[${row.join(comma)}]`);
    return `[${[...leading("[1,2.5,-3]"), ...texts].join(comma)}]`;
  });

/** What becomes of a list, as the position behind it and its count, or what is wrong with it. */
function outcome(text: string, read: (scanner: JsonScanner) => [number, number]): string {
  const scanner = new JsonScanner(Buffer.from(text), 64);
  try {
    const [end, count] = read(scanner);
    scanner.end(end);
    return `${count} ${scanner.sawNonFinite}`;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error.message;
    throw error;
  }
}

const quick = (text: string): string => outcome(text, (scanner) => [scanner.list(0, 0), scanner.itemCount]);
const slow = (text: string): string =>
  outcome(text, (scanner) => {
    let count = 0;
    const end = scanner.array(0, 0, (index, start) => {
      count = index + 1;
      return scanner.value(start, 1);
    });
    return [end, count];
  });

function changed(text: string, at: number, other: string, kind: "replace" | "insert" | "cut"): string {
  if (kind === "cut") return text.slice(0, at);
  return text.slice(0, at) + other + text.slice(kind === "replace" ? at + 1 : at);
}

const other = fc.constantFrom(...'[],-+.01589eE \n\u0001éN"{}/:', "],[", ",[", "null", "[[1]]", "1e5", "00");
const kind = fc.constantFrom<("replace" | "insert" | "cut")[]>("replace", "insert", "cut");

describe("rows of plain numbers", () => {
  it("are taken, counted and refused with the same words as one by one", () => {
    fc.assert(
      fc.property(rowsText, fc.nat(), other, kind, (text, place, piece, how) => {
        expect(quick(text)).toBe(slow(text));
        // Behind the leading rows, where the quick way is.
        const at = worthwhileBytes + (place % (text.length - worthwhileBytes));
        const broken = changed(text, at, piece, how);
        expect(quick(broken), broken).toBe(slow(broken));
      }),
      { numRuns: cases(10_000) },
    );
  });

  it("are, as the numbers of a list itself, taken, counted and refused with the same words as one by one", () => {
    const numbers = fc.tuple(fc.array(numberText, { minLength: 1, maxLength: 60 }), separator);
    fc.assert(
      fc.property(numbers, fc.nat(), other, kind, ([texts, comma], place, piece, how) => {
        const text = `[${[...Array(300).fill("1.5"), ...texts].join(comma)}]`;
        expect(quick(text)).toBe(slow(text));
        const at = worthwhileBytes + (place % (text.length - worthwhileBytes));
        const broken = changed(text, at, piece, how);
        expect(quick(broken), broken).toBe(slow(broken));
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ["rows", (i: number): string => `[${i % 97},${(i * 7919) % 1000}.${i % 89},-0.${(i * 31) % 1009}]`],
    ["numbers", (i: number): string => `${i % 97},${(i * 7919) % 1000}.${i % 89},-0.${(i * 31) % 1009}`],
  ])("are judged alike wherever in a large text something is wrong: %s", (name, row) => {
    const text = `[${Array.from({ length: 12_000 }, (_, i) => row(i)).join(",")}]`;
    expect(text.length).toBeGreaterThan(3 * 65_536);
    expect(quick(text)).toBe(`${name === "rows" ? 12_000 : 36_000} false`);
    fc.assert(
      fc.property(fc.nat(text.length - 1), other, kind, (at, piece, how) => {
        const broken = changed(text, at, piece, how);
        expect(quick(broken)).toBe(slow(broken));
      }),
      { numRuns: cases(200) },
    );
  });

  it.each([
    ..."[1.2.3] [01] [-01] [1.] [.5] [-] [--1] [1-] [,1] [1,] [1,,2] [] [ 1] [1 ] [1,  2] [1][2] [[1]] 1] [1 -1 [1]]".split(
      " ",
    ),
    ...[
      "[1,[2]]",
      "[1],1",
      "[1],1]",
      "[1], 1]",
      "[1],-1]",
      "[1],.5]",
      "[1],,[2]",
      "[1],  [2]",
      "[1] ,[2]",
      "[0.00]",
      "[-0]",
    ],
    ...["[1e5]", "[NaN]", `[${"1".repeat(310)}]`, `[0.${"1".repeat(310)}]`, `[${"1".repeat(200)}.5.5]`],
  ])("are judged alike at every place of a block: %s", (piece) => {
    for (let shift = 0; shift < 64; shift++) {
      const narrow = `${"1,".repeat(shift >> 1)}${shift % 2 === 0 ? "1" : "11"}`;
      const wide = `[${narrow}]`;
      for (const comma of [",", ", "]) {
        const rows = [...leading("[1,2.5,-3]"), wide, piece, "[1,2]"];
        const numbers = [...Array(200).fill("1.5"), narrow, piece.replaceAll(/^\[|\]$/g, ""), "1", "2"];
        for (const items of [rows, numbers]) {
          const text = `[${items.join(comma)}]`;
          expect(quick(text), text).toBe(slow(text));
        }
      }
    }
  });

  it("are found in lists within lists", () => {
    const list = `[${leading("[1,2.5]").join(",")}]`;
    const text = `[${[list, "[]", list, list, "[[1],[2]]"].join(",")}]`;
    expect(quick(text)).toBe("5 false");
    expect(quick(`${text}]`)).toContain("nothing more");
  });

  it("count for the depth of the text", () => {
    const text = `[${leading("[1,2]").join(",")}]`;
    expect(new JsonScanner(Buffer.from(text), 2).list(0, 0)).toBe(text.length);
    expect(() => new JsonScanner(Buffer.from(text), 1).list(0, 0)).toThrow("nested deeper than 1");
  });
});

const bound = fc.oneof(fc.integer({ min: -120, max: 120 }), fc.double({ min: -150, max: 150, noNaN: true }));
const large = fc.constantFrom(9_999_998, 9_999_999, 10_000_000, 1e8, 1e15);
const limit = fc.oneof(
  { weight: 6, arbitrary: bound },
  { weight: 1, arbitrary: large },
  { weight: 1, arbitrary: large.map((value) => -value) },
);
const feature = fc
  .tuple(fc.constantFrom("number", "integer"), fc.option(limit), fc.option(limit))
  .map(([type, one, two]) => {
    const [min, max] = one !== null && two !== null && one > two ? [two, one] : [one, two];
    return { name: "f", type, ...(min === null ? {} : { min }), ...(max === null ? {} : { max }) } as InputFeature;
  });

function rangesOf(features: readonly InputFeature[]): NumberRanges {
  const inputFeatures = features.map((one, i) => ({ ...one, name: `f${i}` }));
  return featureSetOf({ inputFeatures, inputFormat: "array" } as unknown as ModelEntry)!.ranges!;
}

describe("rows of plain numbers within ranges", () => {
  const cell = fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: -130, max: 130 }).map(String) },
    { weight: 3, arbitrary: fc.double({ min: -130, max: 130, noNaN: true }).map(String) },
    { weight: 1, arbitrary: numberText },
    {
      weight: 1,
      arbitrary: fc.constantFrom("9999998.5", "9999999", "9999999.5", "10000000", "12345678.5", "123456789"),
    },
  );

  it("fit exactly when every number does", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(feature, cell), { minLength: 1, maxLength: 4 }),
        fc.array(cell, { maxLength: 5 }),
        separator,
        (columns, row, comma) => {
          const ranges = rangesOf(columns.map(([one]) => one));
          const fits = (cells: readonly string[]): boolean =>
            cells.length === columns.length && cells.every((text, i) => fitsColumn(ranges, i, Number(text)));
          // A row that fits comes often enough before one that may not.
          const known = columns.map(([one, text], i) =>
            fitsColumn(ranges, i, Number(text)) ? text : String(Math.ceil(one.min ?? one.max ?? 0)),
          );
          const texts = [...leading(`[${known.join(comma)}]`), `[${row.join(comma)}]`, `[${known.join(comma)}]`];
          const text = `[${texts.join(comma)}]`;
          const scanner = new JsonScanner(Buffer.from(text), 64);
          expect(finishAtOnce(jsonRows(scanner, 0).fit(ranges)), text).toBe(fits(known) && fits(row));
          expect(scanner.itemCount).toBe(texts.length);
        },
      ),
      { numRuns: cases(10_000) },
    );
  });

  const wide = fc.stringMatching(/^-?[1-9]\d{0,17}(\.\d{1,40})?$/);

  it("fit exactly when all have the width, where any number will do", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom(Number.MAX_SAFE_INTEGER, 3.4e38, Number.MAX_VALUE),
        fc.array(fc.array(fc.oneof(numberText, wide), { minLength: 7, maxLength: 7 }), { maxLength: 12 }),
        fc.oneof(fc.constant(undefined), fc.tuple(fc.nat(11), fc.integer({ min: 1, max: 8 }))),
        separator,
        (width, max, cells, odd, comma) => {
          const rows = cells.map((row, i) => (odd?.[0] === i ? [...row, "1"].slice(0, odd[1]) : row.slice(0, width)));
          const leadingRow = `[${Array(width).fill("1").join(comma)}]`;
          const text = `[${[...leading(leadingRow), ...rows.map((row) => `[${row.join(comma)}]`)].join(comma)}]`;
          const scanner = new JsonScanner(Buffer.from(text), 64);
          scanner.list(0, 0, rowRanges(width, max));
          const fit = rows.every((row) => row.length === width && row.every((one) => Math.abs(Number(one)) <= max));
          expect(scanner.rowsFit, text).toBe(fit);
        },
      ),
      { numRuns: cases(2000) },
    );
  });

  it.each([
    ["too few", "[1,2]"],
    ["too many", "[1,2,3,4]"],
    ["none", "[]"],
    ["a text", '[1,"2",3]'],
    ["null", "[1,null,3]"],
    ["a list", "[1,[2],3]"],
  ])("do not fit with %s in one", (_title, row) => {
    const ranges = rangesOf([{ type: "number" }, { type: "number" }, { type: "number" }] as InputFeature[]);
    const text = `[${[...leading("[1,2,3]"), row, "[1,2,3]"].join(",")}]`;
    expect(finishAtOnce(jsonRows(new JsonScanner(Buffer.from(text), 64), 0).fit(ranges))).toBe(false);
  });

  it("fit with more columns than there is room for", () => {
    const ranges = rangesOf(
      Array.from({ length: 2001 }, () => ({ type: "number", max: 5 }) as unknown as InputFeature),
    );
    const text = (last: number): Buffer =>
      Buffer.from(JSON.stringify([1, 2, 3].map(() => [...Array(2000).fill(1), last])));
    expect(finishAtOnce(jsonRows(new JsonScanner(text(5), 64), 0).fit(ranges))).toBe(true);
    expect(finishAtOnce(jsonRows(new JsonScanner(text(6), 64), 0).fit(ranges))).toBe(false);
  });
});
