import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonScanner, JsonSyntaxError } from "../../../src/predict/json/json-scanner.ts";
import { cases } from "../../support/cases.ts";

function scan(text: string | Uint8Array, maxDepth = 64): number {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  const scanner = new JsonScanner(bytes, maxDepth);
  const end = scanner.value(scanner.space(0), 0);
  scanner.end(end);
  return end;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function isScanned(text: string): boolean {
  try {
    scan(text, 512);
    return true;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return false;
    throw error;
  }
}

describe("JsonScanner", () => {
  it("takes every JSON text that JSON.stringify writes", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        expect(scan(text)).toBe(Buffer.byteLength(text));
      }),
      { numRuns: cases(2000) },
    );
  });

  it("agrees with JSON.parse on texts that are nearly JSON", () => {
    const alphabet = fc.constantFrom(...'{}[]",:0123456789-+.eEtrufalsn\\ \n\t\u0001xé/');
    fc.assert(
      fc.property(fc.string({ unit: alphabet, maxLength: 12 }), (text) => {
        expect(isScanned(text), JSON.stringify(text)).toBe(isJson(text));
      }),
      { numRuns: cases(20_000) },
    );
  });

  it("agrees with JSON.parse on JSON with one character changed", () => {
    fc.assert(
      fc.property(
        fc.json({ maxDepth: 4 }),
        fc.nat(),
        fc.constantFrom(...'{}[]",:01-.eE\\u \u0000'),
        (text, at, other) => {
          const i = at % (text.length + 1);
          const changed = text.slice(0, i) + other + text.slice(i + 1);
          expect(isScanned(changed), JSON.stringify(changed)).toBe(isJson(changed));
        },
      ),
      { numRuns: cases(10_000) },
    );
  });

  it("agrees with JSON.parse on lists of numbers with one character changed or cut off", () => {
    const number = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer(),
      fc.constantFrom(0, -0.5),
    );
    const rows = fc.array(fc.oneof(number, fc.array(number, { maxLength: 4 })), { maxLength: 6 });
    fc.assert(
      fc.property(
        rows,
        fc.constantFrom(undefined, 1),
        fc.nat(),
        fc.constantFrom(..."[],-+.0159eE \n\u0001é", ""),
        fc.boolean(),
        (values, indent, at, other, cut) => {
          const text = JSON.stringify(values, undefined, indent).replaceAll(",", indent === undefined ? "," : ", ");
          const i = at % (text.length + 1);
          const changed = cut ? text.slice(0, i) : text.slice(0, i) + other + text.slice(i + 1);
          expect(isScanned(changed), JSON.stringify(changed)).toBe(isJson(changed));
        },
      ),
      { numRuns: cases(20_000) },
    );
  });

  it("counts the items of a list, whatever they are", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 3 })), fc.constantFrom(undefined, 1), (values, indent) => {
        const text = JSON.stringify(values, undefined, indent);
        const scanner = new JsonScanner(Buffer.from(text), 64);
        expect(scanner.list(0, 0)).toBe(Buffer.byteLength(text));
        expect(scanner.itemCount).toBe(values.length);
      }),
      { numRuns: cases(2000) },
    );
  });

  it("reads every number as Number does, and finds its end", () => {
    const exact = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value));
    const digits = fc.stringMatching(/^-?(0|[1-9]\d{0,24})(\.\d{1,24})?([eE][+-]?\d{1,3})?$/);
    fc.assert(
      fc.property(fc.oneof(exact, digits, fc.constantFrom("-0", "NaN", "-Infinity")), (text) => {
        const scanner = new JsonScanner(Buffer.from(`${text},`), 64);
        expect(scanner.number(0)).toBe(Number(text));
        expect(scanner.numberEnd).toBe(text.length);
      }),
      { numRuns: cases(20_000) },
    );
  });

  it.each(["NaN", "Infinity", "-Infinity", "[NaN,-Infinity]", '{"a":NaN}'])(
    "takes the bare words of Python's JSON: %s",
    (text) => {
      expect(isScanned(text)).toBe(true);
    },
  );

  it.each(["-NaN", "nan", "Inf", "+Infinity", "NaNs"])("refuses %s", (text) => {
    expect(isScanned(text)).toBe(false);
  });

  it.each([
    ["{", "ends where a name in double quotes is expected at byte 1"],
    ["[1,]", "expected a value, found ']' at byte 3"],
    ["[01]", "expected ',' or ']', found '1' at byte 2"],
    ['{"a" 1}', "expected ':', found '1' at byte 5"],
    ['"a\nb"', "a control character in a string is not escaped at byte 2"],
    ['"\\u12g4"', "expected a hex digit, found 'g' at byte 5"],
    ["1 2", "expected nothing more, found '2' at byte 2"],
    ["", "ends where a value is expected at byte 0"],
  ])("says what is wrong with %j and where", (text, message) => {
    expect(() => scan(text)).toThrow(message);
  });

  it("refuses bytes that are not UTF-8", () => {
    expect(() => scan(Buffer.from([0x22, 0xff, 0x22]))).toThrow("not UTF-8 at byte 1");
  });

  it.each([
    ["arrays", "["],
    ["objects", '{"a":'],
  ])("refuses %s nested deeper than the limit, without a stack overflow", (_name, open) => {
    expect(() => scan(open.repeat(1_000_000))).toThrow("nested deeper than 64");
  });

  it("takes nesting up to the limit", () => {
    expect(scan("[".repeat(64) + "]".repeat(64))).toBe(128);
    expect(() => scan("[".repeat(65) + "]".repeat(65))).toThrow(JsonSyntaxError);
  });

  it("gives names with their escapes resolved", () => {
    const names: string[] = [];
    const scanner = new JsonScanner(Buffer.from('{"inst\\u0061nces":1,"é":2}'), 8);
    scanner.object(0, 0, (name, start) => {
      names.push(name);
      return scanner.value(start, 1);
    });
    expect(names).toEqual(["instances", "é"]);
  });
});
