import fc from "fast-check";
import { expect, it } from "vitest";
import { outOfTurn } from "../../../src/base/in-slices.ts";
import { JsonScanner, type JsonScannerOptions, maxUnslicedBytes } from "../../../src/predict/json/json-scanner.ts";
import { cases } from "../../support/cases.ts";

interface Outcome {
  readonly turns: number;
  readonly found: unknown;
}

/** What a scanner finds in a text, called until it has come to its end. */
function scan(text: string, options: JsonScannerOptions, read: (scanner: JsonScanner) => unknown): Outcome {
  const scanner = new JsonScanner(Buffer.from(text), 64, options);
  for (let turns = 1; ; turns++) {
    try {
      return { turns, found: read(scanner) };
    } catch (error) {
      if (error !== outOfTurn) return { turns, found: String(error) };
    }
  }
}

/** Skips the whole of a text. */
const skip = (scanner: JsonScanner): unknown => {
  scanner.end(scanner.value(0, 0));
  const { itemCount, rowsFit, deepest, sawNonFinite } = scanner;
  return { itemCount, rowsFit, deepest, sawNonFinite };
};

/** Reads a list of lists of objects, or of anything, and notes what is handed out. */
const readAll = (items: Set<string>) => (scanner: JsonScanner) =>
  scanner.array(0, 0, (index, start) => {
    items.add(`item ${index} at ${start}`);
    if (scanner.bytes[start] !== 0x7b) return scanner.value(start, 1);
    return scanner.object(start, 1, (name, valueStart) => {
      items.add(`${name} at ${valueStart}`);
      return scanner.list(valueStart, 2);
    });
  });

const texts = fc
  .tuple(fc.json({ maxDepth: 6 }), fc.nat(), fc.constantFrom("", "", ",", "]", "}", " ", "0", "[1,2],", '"'))
  .map(([text, at, broken]) => text.slice(0, at % (text.length + 1)) + broken + text.slice(at % (text.length + 1)));

it("finds the same in slices of any size as at once, right or wrong", () => {
  fc.assert(
    fc.property(
      texts,
      fc.integer({ min: 1, max: 40 }),
      fc.boolean(),
      fc.nat(12),
      (text, sliceBytes, uniqueNames, max) => {
        const options = { uniqueNames, maxValues: max === 0 ? undefined : max };
        expect(scan(text, { ...options, sliceBytes }, skip).found).toEqual(scan(text, options, skip).found);
      },
    ),
    { numRuns: cases(3000) },
  );
});

it("hands out items and members where they were, some of them again", () => {
  const row = `{"a":[${"[1,2],".repeat(300)}[]],"b":[1,{"c":[true]}],"d":[]}`;
  const text = `[${`${row},`.repeat(5)}7,"x",[[${"[],".repeat(20)}1]]]`;
  const atOnce = new Set<string>();
  const sliced = new Set<string>();
  const expected = scan(text, {}, readAll(atOnce));
  const { turns, found } = scan(text, { sliceBytes: 16 }, readAll(sliced));
  expect(found).toBe(expected.found);
  expect([...sliced]).toEqual([...atOnce]);
  expect(turns).toBeGreaterThan(20);
});

it.each(['{"a":}', "[1,]", "[[1],]", '{"a":1,}', '{"a":1,"a":2}'])(
  "refuses %s at whatever byte a slice ends",
  (text) => {
    for (let sliceBytes = 1; sliceBytes <= text.length; sliceBytes++) {
      const { found } = scan(text, { sliceBytes, uniqueNames: true }, skip);
      expect(found).toBe(scan(text, { uniqueNames: true }, skip).found);
      expect(found).toContain("JsonSyntaxError");
    }
  },
);

it("reads fewer bytes at once where values are small", () => {
  const turnsOf = (item: string): number => {
    const text = `[${`${item},`.repeat(300_000 / (item.length + 1))}${item}]`;
    return scan(text, { sliceBytes: 0x8000 }, skip).turns;
  };
  expect(turnsOf("[]")).toBeGreaterThan(3 * turnsOf(`"${"a".repeat(200)}"`));
});

it("counts as many values as at once", () => {
  const text = `[${"[[],{}],".repeat(99)}[[],{}]]`;
  for (const sliceBytes of [1, 7, 50]) {
    expect(scan(text, { sliceBytes, maxValues: 301 }, skip).found).toMatchObject({ itemCount: 100 });
    expect(scan(text, { sliceBytes, maxValues: 300 }, skip).found).toContain("more than 300 values");
  }
});

it("reads a long string in slices, and counts it once", () => {
  for (const item of ["a", "é", "\\n", "\\u00e9"]) {
    const text = `["${item.repeat(100_000)}",{"a":"${item.repeat(100_000)}"}]`;
    const options = { sliceBytes: 0x1000, maxValues: 4 };
    const { turns, found } = scan(text, options, skip);
    expect(found).toEqual(scan(text, { maxValues: 4 }, skip).found);
    expect(turns).toBeGreaterThan((0.9 * Buffer.byteLength(text)) / options.sliceBytes);
  }
});

it("finds the end of a long string that was read before, whatever is escaped in it", () => {
  for (const item of ["a", "é", "\\\\", '\\"', "\\u00e9", '\\\\\\"']) {
    for (const length of [682, 683, 684, 2047, 2048, 2049, 4095, 4096, 9999]) {
      const text = `[1,"${item.repeat(length)}","\\\\",{"a":"${item.repeat(length)}\\\\"}]`;
      const known = scan(text, { isUtf8: true }, (scanner) => [scanner.value(0, 0), skip(scanner)]).found;
      expect(known).toEqual([Buffer.byteLength(text), scan(text, {}, skip).found]);
    }
  }
});

it.each([
  ["white space", (run: number) => `[1,${" ".repeat(run)}2]`],
  ["white space", (run: number) => `[1,2]${"\n".repeat(run)}`],
  ["a name", (run: number) => `{"${"a".repeat(run - 1)}":1}`],
  ["a number", (run: number) => `[[1,2],${"1".repeat(run - 1)}]`],
  ["a number", (run: number) => `[-0.${"1".repeat(run - 4)},1]`],
  ["a number", (run: number) => `{"a":1e${"1".repeat(run - 3)}}`],
])("refuses %s that would hold up others", (what, textWith) => {
  for (const sliceBytes of [undefined, 0x8000]) {
    const find = (run: number): unknown => scan(textWith(run), { sliceBytes }, skip).found;
    expect(find(maxUnslicedBytes - 1)).toHaveProperty("deepest");
    expect(find(maxUnslicedBytes + 1)).toContain(`${what} has more than ${maxUnslicedBytes} bytes`);
  }
});
