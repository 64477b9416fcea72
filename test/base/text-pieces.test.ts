import { describe, expect, it } from "vitest";
import { joinedPieces, jsonStringPieces, pieceChars, textPieces } from "../../src/base/text-pieces.ts";

const texts: readonly (readonly [what: string, text: string])[] = [
  ["nothing", ""],
  ["a short text", 'a\n"b"\\é日🙂'],
  ["exactly one piece", "x".repeat(pieceChars)],
  ["one character more", "x".repeat(pieceChars + 1)],
  ["pairs that no piece ends between", `x${"🙂".repeat(2 * pieceChars)}`],
  ["what JSON escapes", '"\\\n\u0000\u2028é'.repeat(pieceChars)],
];

describe("a text in pieces", () => {
  it.each(texts)("is the same text: %s", (_, text) => {
    const pieces = [...textPieces(text)];
    expect(pieces.join("") === text).toBe(true);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(pieceChars);
    expect(pieces.every((piece) => piece.isWellFormed())).toBe(true);
  });

  it.each(texts)("is the same JSON: %s", (_, text) => {
    expect([...jsonStringPieces(text)].join("") === JSON.stringify(text)).toBe(true);
  });

  it("is put together where its pieces are small, and only there", () => {
    const large = "x".repeat(pieceChars);
    expect([...joinedPieces(["a", "b", "", large, "c", large, large, "d", "e"])]).toEqual([
      ...["ab", large, "c", large, large, "de"],
    ]);
    expect([...joinedPieces(["", ""])]).toEqual([]);
  });
});
