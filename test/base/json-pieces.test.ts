import { describe, expect, it } from "vitest";
import { isLongerThan, jsonPieces } from "../../src/base/json-pieces.ts";
import { pieceChars } from "../../src/base/text-pieces.ts";

const long = '🙂"\n'.repeat(pieceChars);
const values: readonly (readonly [what: string, value: unknown])[] = [
  ["plain ones", [1, -0.5, true, null, "a", {}, []]],
  ["a long text", long],
  ["long texts in lists and objects", { a: [long, { "b\n": long, c: 1 }], d: [], e: {} }],
  ["many short ones", { items: Array.from({ length: pieceChars }, (_, i) => ({ name: `n${i}`, tags: ["x", null] })) }],
  ["members that are undefined", { a: undefined, b: long, c: undefined, d: { e: undefined } }],
];

describe("JSON in pieces", () => {
  it.each(values)("is the same JSON: %s", (_, value) => {
    const pieces = [...jsonPieces(value)];
    expect(pieces.join("") === JSON.stringify(value)).toBe(true);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(4 * pieceChars);
  });
});

describe("a value", () => {
  it.each([
    ["a text", "x".repeat(100)],
    ["bytes", new Uint8Array(100)],
    ["texts in a list", Array.from({ length: 10 }, () => "x".repeat(10))],
    ["names of members", { ["x".repeat(100)]: 1 }],
    ["many that are not texts", Array.from({ length: 20 }, () => 1n)],
  ])("is longer than a limit, or not: %s", (_, value) => {
    expect(isLongerThan(80, value)).toBe(true);
    expect(isLongerThan(1000, value)).toBe(false);
  });
});
