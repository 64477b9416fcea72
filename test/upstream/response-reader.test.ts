import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NotHttp, ResponseReader } from "../../src/upstream/response-reader.ts";

/** Reads a connection in the given pieces, then its end. */
function read(pieces: readonly Buffer[]) {
  const content: Buffer[] = [];
  const reader = new ResponseReader({ onContent: (piece) => void content.push(Buffer.from(piece)) });
  let rest = 0;
  for (const piece of pieces) rest += piece.length - reader.read(piece);
  const complete = reader.complete;
  reader.end();
  return {
    status: reader.status,
    content: Buffer.concat(content).toString("latin1"),
    complete,
    completeAtEnd: reader.complete,
    keepAliveMs: reader.keepAliveMs,
    retryAfter: reader.retryAfter,
    rest,
  };
}

const readText = (text: string) => read([Buffer.from(text, "latin1")]);
const forever = Number.POSITIVE_INFINITY;

describe("a response", () => {
  it.each<[string, string, object]>([
    ["with a length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", { content: "hi", keepAliveMs: forever }],
    ["without a reason phrase", "HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n", { status: 200, complete: true }],
    [
      "with the same length twice",
      "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nhi",
      { content: "hi" },
    ],
    [
      "in chunks",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nhi\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
      {
        content: "hi0123456789",
        complete: true,
        keepAliveMs: forever,
      },
    ],
    [
      "with trailers",
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nx: y\r\n\r\nrest",
      { content: "a", rest: 4 },
    ],
    [
      "up to the end of the connection",
      "HTTP/1.1 200 OK\r\n\r\nall of it",
      {
        content: "all of it",
        complete: false,
        completeAtEnd: true,
        keepAliveMs: 0,
      },
    ],
    ["that has no content", "HTTP/1.1 204 No Content\r\n\r\n", { status: 204, complete: true, keepAliveMs: forever }],
    [
      "behind interim ones",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 X\r\na: b\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx",
      {
        status: 200,
        content: "x",
      },
    ],
    ["that closes", "HTTP/1.1 200 OK\r\nconnection: foo, Close\r\ncontent-length: 0\r\n\r\n", { keepAliveMs: 0 }],
    ["of HTTP/1.0", "HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n", { keepAliveMs: 0 }],
    [
      "of HTTP/1.0 that is kept",
      "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n",
      { keepAliveMs: forever },
    ],
    [
      "that names how long it is kept",
      "HTTP/1.1 200 OK\r\nKeep-Alive: max=5, timeout=7\r\ncontent-length: 0\r\n\r\n",
      { keepAliveMs: 7000 },
    ],
    [
      "that says when to come again",
      "HTTP/1.1 503 X\r\nretry-after: 3 \r\ncontent-length: 0\r\n\r\n",
      { status: 503, retryAfter: "3" },
    ],
    ["with bytes behind it", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nabc", { content: "a", rest: 2 }],
    ["that breaks off", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc", { complete: false, completeAtEnd: false }],
  ])("%s is read", (_title, text, expected) => {
    expect(readText(text)).toMatchObject(expected);
  });

  it.each<[string, string]>([
    ["another protocol", "SSH-2.0-OpenSSH\r\n\r\n"],
    ["HTTP/2", "HTTP/2 200\r\n\r\n"],
    ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
    ["a header without a name", "HTTP/1.1 200 OK\r\n: x\r\n\r\n"],
    ["a space before the colon", "HTTP/1.1 200 OK\r\ncontent-length : 2\r\n\r\nhi"],
    ["a folded header", "HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n"],
    ["lines that end in LF alone", "HTTP/1.1 200 OK\ncontent-length: 0\r\n\r\n"],
    ["a carriage return within a header", "HTTP/1.1 200 OK\r\na: b\rc\r\n\r\n"],
    ["a control character", "HTTP/1.1 200 OK\r\na: b\u0000\r\n\r\n"],
    ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nhi"],
    ["a list of lengths", "HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\n\r\nhi"],
    ["a signed length", "HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\nhi"],
    ["an empty length", "HTTP/1.1 200 OK\r\ncontent-length:\r\n\r\nhi"],
    ["a length beside chunks", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["a coding that is not chunked", "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n"],
    ["two codings", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["a chunk that says no size", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\r\n"],
    ["a chunk of a signed size", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n\r\n"],
    [
      "a chunk of a size that no number holds",
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n100000000000000000\r\n\r\n",
    ],
    [
      "a chunk that is longer than it says",
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
    ],
    ["a malformed trailer", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx\r\n\r\n"],
    ["another protocol from here on", "HTTP/1.1 101 Switching Protocols\r\n\r\n"],
    ["a head without an end", `HTTP/1.1 200 OK\r\n${"a: b\r\n".repeat(3000)}`],
    ["a chunk head without an end", `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;${"x".repeat(17_000)}`],
  ])("with %s is refused", (_title, text) => {
    expect(() => readText(text)).toThrow(NotHttp);
  });

  it("is the same however it is cut into pieces", () => {
    const chunk = fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 30 });
    const response = fc.record({
      chunks: fc.array(chunk, { maxLength: 4 }),
      chunked: fc.boolean(),
      interim: fc.boolean(),
    });
    fc.assert(
      fc.property(response, fc.array(fc.nat(200), { maxLength: 8 }), ({ chunks, chunked, interim }, cuts) => {
        const content = chunks.join("");
        const body = chunked
          ? `${chunks.map((text) => `${text.length.toString(16)}\r\n${text}\r\n`).join("")}0\r\n\r\n`
          : content;
        const framing = chunked ? "transfer-encoding: chunked" : `content-length: ${content.length}`;
        const text = `${interim ? "HTTP/1.1 100 Continue\r\n\r\n" : ""}HTTP/1.1 200 OK\r\n${framing}\r\n\r\n${body}NEXT`;
        const bytes = Buffer.from(text, "latin1");
        const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
        const pieces = at.slice(1).map((end, i) => bytes.subarray(at[i], end));
        expect(read(pieces)).toMatchObject({ status: 200, content, complete: true, rest: 4 });
      }),
      { numRuns: 3000 },
    );
  });
});
