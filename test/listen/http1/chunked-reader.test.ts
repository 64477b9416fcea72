import { describe, expect, it } from "vitest";
import { ChunkedReader } from "../../../src/listen/http1/chunked-reader.ts";

/** What is read of a body that comes in pieces of so many bytes; the status that it is refused with. */
function read(text: string, step: number): { content: string; rest: string; isWhole: boolean } | number {
  const reader = new ChunkedReader();
  let content = "";
  try {
    for (let from = 0; from < text.length; from += step) {
      const bytes = Buffer.from(text.slice(from, from + step), "latin1");
      for (let at = 0; at < bytes.length; ) {
        const begin = at;
        at = reader.read(bytes, begin);
        content += bytes.toString("latin1", begin, reader.contentEnd);
        if (!reader.isWhole) continue;
        return { content, rest: bytes.toString("latin1", at) + text.slice(from + step), isWhole: true };
      }
    }
  } catch (error) {
    return (error as { status: number }).status;
  }
  return { content, rest: "", isWhole: reader.isWhole };
}

const many = Array.from({ length: 5000 }, (_, i) => `1\r\n${i % 10}\r\n`).join("");
const steps = [1, 2, 3, 7, Number.POSITIVE_INFINITY];

describe("a body in chunks", () => {
  it.each<[string, string, string, string]>([
    ["one", "6\r\nanswer\r\n0\r\n\r\n", "answer", ""],
    ["none", "0\r\n\r\n", "", ""],
    [
      "several, in all kinds of digits",
      `3\r\nabc\r\n0A\r\n0123456789\r\n1f\r\n${"x".repeat(31)}\r\n00\r\n\r\n`,
      `abc0123456789${"x".repeat(31)}`,
      "",
    ],
    ["extensions and trailers", '3;a=b;c="d e"\r\nabc\r\n0;x\r\nA: b\r\nc:\r\n\r\n', "abc", ""],
    ["what follows it", "3\r\nabc\r\n0\r\n\r\nGET / HTTP/1.1", "abc", "GET / HTTP/1.1"],
    ["line breaks in its content", "4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n", ""],
    ["thousands of a byte", `${many}0\r\n\r\n`, "0123456789".repeat(500), ""],
  ])("is read however it is cut: %s", (_title, text, content, rest) => {
    for (const step of steps) expect(read(text, step)).toEqual({ content, rest, isWhole: true });
  });

  it.each<[string, string, number]>([
    ["no size", "\r\n", 400],
    ["no digit", "x\r\n", 400],
    ["a sign", "+1\r\na\r\n", 400],
    ["a prefix", "0x1\r\na\r\n", 400],
    ["a space before its size", " 1\r\na\r\n", 400],
    ["a space behind its size", "1 \r\na\r\n", 400],
    ["a size of too many digits", "0000000000001\r\na\r\n", 400],
    ["a line break without its return", "1\na\r\n", 400],
    ["a return without its line break", "1\ra", 400],
    ["a chunk that is longer than it says", "1\r\nab\r\n", 400],
    ["a chunk that is shorter than it says", "3\r\nab\r\n0\r\n\r\n", 400],
    ["a chunk that ends without a return", "1\r\na\n", 400],
    ["a line break in an extension", "1;a\nb\r\na\r\n", 400],
    ["an extension that is too long", `1;${"a".repeat(2000)}\r\na\r\n`, 413],
    ["extensions that are too long together", `1;${"a".repeat(900)}\r\na\r\n`.repeat(20), 413],
    ["a trailer that is not a header", "0\r\na b\r\n\r\n", 400],
    ["a trailer that continues another", "0\r\na: b\r\n c\r\n\r\n", 400],
    ["a trailer that ends without a return", "0\r\na: b\n\r\n", 400],
    ["trailers that are too long", `0\r\n${"a: b\r\n".repeat(5000)}\r\n`, 431],
    ["a trailer without end", `0\r\na: ${"b".repeat(20_000)}`, 431],
  ])("is refused with %s", (_title, text, status) => {
    for (const step of steps) expect(read(text, step)).toBe(status);
  });
});
