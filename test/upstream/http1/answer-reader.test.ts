/** Answers of HTTP/1.1 as bytes, cut in every way: what is by the rules is read, and all else is refused. */
import { describe, expect, it } from "vitest";
import { Cancellation } from "../../../src/base/cancellation.ts";
import { MemoryBudget } from "../../../src/registry/memory-budget.ts";
import { AnswerReader } from "../../../src/upstream/http1/answer-reader.ts";

const limits = { maxResponseBytes: 1000, cancellation: new Cancellation<Error>() };
const notHttp1 = expect.objectContaining({ code: "ERR_NOT_HTTP1" });

/** Reads an answer in pieces of a size; `closes` is the end of the connection behind it. */
function read(text: string, step = Number.POSITIVE_INFINITY, closes = false) {
  const bytes = Buffer.from(text, "latin1");
  const reader = new AnswerReader(limits);
  let surplus = 0;
  for (let at = 0; at < bytes.length && !reader.isWhole; at += step) {
    // Pieces are overwritten once they have been read.
    const piece = Buffer.from(bytes.subarray(at, Math.min(bytes.length, at + step)));
    surplus = reader.read(piece) + Math.max(0, bytes.length - at - piece.length);
    piece.fill(0);
  }
  if (closes) reader.end();
  return reader.isWhole ? { ...reader.head, text: reader.takeBody().toString("latin1"), surplus } : undefined;
}

const whole: readonly (readonly [title: string, answer: string, body: string, closes?: true])[] = [
  ["a length", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nanswer", "answer"],
  ["space around its length", "HTTP/1.1 200 OK\r\ncontent-length: \t 6 \t\r\n\r\nanswer", "answer"],
  ["no reason", "HTTP/1.1 200\r\ncontent-length: 6\r\n\r\nanswer", "answer"],
  ["an empty body", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", ""],
  ["chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nans\r\n3\r\nwer\r\n0\r\n\r\n", "answer"],
  [
    "chunks with extensions, and trailers",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n003;a=b\r\nans\r\n3 ;x\r\nwer\r\n0;z\r\na: b\r\nc:\r\n\r\n",
    "answer",
  ],
  ["no end but that of the connection", "HTTP/1.1 200 OK\r\n\r\nanswer", "answer", true],
  ["no header, of HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nanswer", "answer", true],
  ["no content by its status", "HTTP/1.1 204 No Content\r\n\r\n", ""],
  [
    "100 Continue before it",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nanswer",
    "answer",
  ],
  [
    "several interim answers before it",
    "HTTP/1.1 100\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\ncontent-length: 9\r\n\r\nHTTP/1.1 102 \r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nanswer",
    "answer",
  ],
  ["characters above ASCII", "HTTP/1.1 200 \xe4\r\nx: \xff\r\ncontent-length: 2\r\n\r\n\xe4\x00", "\xe4\x00"],
];

describe("an answer is read", () => {
  const rows = whole.map(([title, answer, body, closes = false]) => ({ title, answer, body, closes }));
  describe.each(rows)("with $title", ({ answer, body, closes }) => {
    it.each([1, 2, 3, 5, 7, 16, 31, Number.POSITIVE_INFINITY])("in pieces of %d bytes", (step) => {
      expect(read(answer, step, closes)).toMatchObject({ text: body, surplus: 0 });
      if (closes) expect(read(answer, step)).toBeUndefined();
    });
  });

  it("up to its end, where more follows", () => {
    expect(read("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab\r\n")).toMatchObject({ text: "ab", surplus: 2 });
    expect(read("HTTP/1.1 304 X\r\ncontent-length: 2\r\n\r\nab")).toMatchObject({ text: "", surplus: 2 });
  });

  it("with what its head says", () => {
    const fields = "Retry-After: 7\r\nLocation: /a\r\nContent-Encoding: gzip\r\nInference-Header-Content-Length: 3\r\n";
    expect(read(`HTTP/1.1 503 X\r\n${fields}Keep-Alive: max=9, timeout=5\r\ncontent-length: 0\r\n\r\n`)).toMatchObject({
      status: 503,
      ...{ retryAfter: "7", location: "/a", encoding: "gzip", jsonBytes: 3, idleMs: 5000, keepsAlive: true },
    });
  });

  it("without what its head says twice", () => {
    const fields = "location: /a\r\nlocation: /b\r\nretry-after: 1\r\nretry-after: 1\r\n";
    expect(read(`HTTP/1.1 302 X\r\n${fields}content-length: 0\r\n\r\n`)).toMatchObject({
      location: undefined,
      retryAfter: undefined,
    });
  });

  it.each<readonly [head: string, keepsAlive: boolean]>([
    ["HTTP/1.1 200 OK\r\ncontent-length: 0", true],
    ["HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: x, Close", false],
    ["HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: x\r\nconnection: close", false],
    ["HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: closed", true],
    ["HTTP/1.0 200 OK\r\ncontent-length: 0", false],
    ["HTTP/1.0 200 OK\r\ncontent-length: 0\r\nconnection: keep-alive", true],
    ["HTTP/1.0 200 OK\r\ncontent-length: 0\r\nconnection: keep-alive, close", false],
    ["HTTP/1.1 204 No Content", true],
    ["HTTP/1.1 204 No Content\r\ncontent-length: 0", true],
    ["HTTP/1.1 204 No Content\r\ncontent-length: 2", false],
    ["HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked", false],
  ])("and its connection is kept where it may be: %j", (head, keepsAlive) => {
    expect(read(`${head}\r\n\r\n`)).toMatchObject({ keepsAlive });
  });
});

const chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
const refused: readonly (readonly [title: string, answer: string])[] = [
  ["another protocol", "\x00\x00\x12\x04\x00\x00"],
  ["the beginning of another protocol", "H2"],
  ["another version", "HTTP/2.0 200 OK\r\n\r\n"],
  ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
  ["a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"],
  ["a status below 100", "HTTP/1.1 099 OK\r\n\r\n"],
  ["a status with a sign", "HTTP/1.1 +20 OK\r\n\r\n"],
  ["two spaces before the status", "HTTP/1.1  200 OK\r\n\r\n"],
  ["an empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n"],
  ["a control character in its reason", "HTTP/1.1 200 O\0K\r\n\r\n"],
  ["a switch of protocols", "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n"],
  ["lines that end without CR", "HTTP/1.1 200 OK\ncontent-length: 0\n\r\n\r\n"],
  ["a CR within a line", "HTTP/1.1 200 OK\r\na: b\rc: d\r\n\r\n"],
  ["a line that continues another", "HTTP/1.1 200 OK\r\na: b\r\n c\r\ncontent-length: 0\r\n\r\n"],
  ["a line without a colon", "HTTP/1.1 200 OK\r\na\r\n\r\n"],
  ["a header without a name", "HTTP/1.1 200 OK\r\n: a\r\n\r\n"],
  ["space before a colon", "HTTP/1.1 200 OK\r\ncontent-length : 0\r\n\r\n"],
  ["a NUL in a header", "HTTP/1.1 200 OK\r\na: \0\r\n\r\n"],
  ["a length and chunks", "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"],
  ["the same length twice", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\na"],
  ["a list of lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1, 1\r\n\r\na"],
  ["an empty length", "HTTP/1.1 200 OK\r\ncontent-length:\r\n\r\n"],
  ["a length below 0", "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n"],
  ["a length with a sign", "HTTP/1.1 200 OK\r\ncontent-length: +1\r\n\r\na"],
  ["a length in hexadecimal", "HTTP/1.1 200 OK\r\ncontent-length: 0x1\r\n\r\na"],
  ["a length with another kind of space", "HTTP/1.1 200 OK\r\ncontent-length: \xa01\r\n\r\na"],
  ["a length beyond numbers", `HTTP/1.1 200 OK\r\ncontent-length: ${"9".repeat(30)}\r\n\r\n`],
  ["another transfer encoding", "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n"],
  ["chunks that are not last", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n"],
  ["chunks said twice", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["chunks of HTTP/1.0", "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["a chunk without a size", `${chunked}\r\n`],
  ["a chunk of a negative size", `${chunked}-1\r\n`],
  ["a chunk of a size with a sign", `${chunked}+1\r\na\r\n`],
  ["a chunk of a size with 0x", `${chunked}0x1\r\na\r\n`],
  ["a chunk of a size beyond numbers", `${chunked}${"f".repeat(17)}\r\n`],
  ["a chunk of a size with space before it", `${chunked} 1\r\na\r\n`],
  ["a chunk whose size ends without CR", `${chunked}1\na\r\n0\r\n\r\n`],
  ["a chunk that is longer than its size", `${chunked}1\r\nab\r\n0\r\n\r\n`],
  ["a chunk that ends without CR", `${chunked}1\r\na\n0\r\n\r\n`],
  ["a chunk with a control character behind its size", `${chunked}1;\0\r\na\r\n0\r\n\r\n`],
  ["a trailer that is not a header", `${chunked}0\r\na\r\n\r\n`],
  ["a head without end", `HTTP/1.1 200 OK\r\na: ${"b".repeat(17_000)}`],
  ["a head that is too long", `HTTP/1.1 200 OK\r\na: ${"b".repeat(17_000)}\r\n\r\n`],
  ["a chunk's line without end", `${chunked}1;${"a".repeat(2000)}`],
  ["a chunk's line that is too long", `${chunked}1;${"a".repeat(2000)}\r\na\r\n0\r\n\r\n`],
  ["a trailer without end", `${chunked}0\r\na: ${"b".repeat(17_000)}`],
  ["trailers without end", `${chunked}0\r\n${`a: ${"b".repeat(1000)}\r\n`.repeat(17)}`],
  ["interim answers without end", "HTTP/1.1 100 Continue\r\n\r\n".repeat(65)],
];

describe("an answer is refused", () => {
  describe.each(refused)("with %s", (_title, answer) => {
    it.each([1, 7, Number.POSITIVE_INFINITY])("in pieces of %d bytes", (step) => {
      expect(() => read(answer, step)).toThrow(notHttp1);
    });
  });

  it.each([
    ["a length above the limit", "HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n"],
    ["chunks above the limit", `${chunked}1f4\r\n${"a".repeat(500)}\r\n1f5\r\n${"a".repeat(501)}\r\n`],
    ["no end below the limit", `HTTP/1.1 200 OK\r\n\r\n${"a".repeat(1001)}`],
  ])("with %s", (_title, answer) => {
    for (const step of [1, 7, Number.POSITIVE_INFINITY]) {
      expect(() => read(answer, step)).toThrow(expect.objectContaining({ code: "ERR_ANSWER_TOO_LARGE" }));
    }
  });

  it("where the process holds too many bytes already", () => {
    const holder = { heldBytes: 0 };
    const reader = new AnswerReader({ ...limits, memory: new MemoryBudget(5), holder });
    reader.read(Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nans"));
    expect(holder.heldBytes).toBe(3);
    expect(() => reader.read(Buffer.from("wer"))).toThrow(expect.objectContaining({ reason: "SERVER_OVERLOADED" }));
  });
});
