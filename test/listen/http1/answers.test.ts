import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as passed } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import type { RequestHandler } from "../../../src/api/http.ts";
import { createListener } from "../../../src/listen/listener.ts";
import { connectedTo } from "../../support/raw-listener.ts";
import { until } from "../../support/until.ts";

/** What comes back for a request, until the connection closes; without the date. */
async function answerTo(request: string, handler: RequestHandler): Promise<string> {
  const connection = await connectedTo(handler);
  connection.write(request);
  return (await connection.closed()).replace(/Date: .*\r\n/, "");
}

const closing = "host: a\r\nconnection: close\r\n\r\n";
const ok = "HTTP/1.1 200 OK\r\n";
const close = "Connection: close\r\n";

describe("an answer", () => {
  it.each<[string, string, RequestHandler, string]>([
    ["says how long it is", "GET / HTTP/1.1", (_, to) => to.end("é"), `${ok}${close}Content-Length: 2\r\n\r\n\xc3\xa9`],
    ["may be empty", "GET / HTTP/1.1", (_, to) => to.end(), `${ok}${close}Content-Length: 0\r\n\r\n`],
    [
      "has the headers that are set",
      "GET / HTTP/1.1",
      (_, to) => {
        to.statusCode = 404;
        to.setHeader("X-A", "b");
        to.setHeader("x-c", ["d", "e"]);
        to.setHeader("x-f", "g");
        to.removeHeader("X-F");
        to.setHeader("content-length", 1);
        to.end("a");
      },
      `HTTP/1.1 404 Not Found\r\nx-a: b\r\nx-c: d\r\nx-c: e\r\ncontent-length: 1\r\n${close}\r\na`,
    ],
    [
      "comes in chunks where its length is not known, with trailers",
      "GET / HTTP/1.1",
      (_, to) => {
        to.write("a");
        to.write(Buffer.alloc(0));
        to.write("0123456789");
        to.addTrailers({ "x-b": "c" });
        to.end("d");
      },
      `${ok}${close}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\na\r\n0123456789\r\n1\r\nd\r\n0\r\nx-b: c\r\n\r\n`,
    ],
    [
      "to HTTP/1.0 ends with the connection where its length is not known",
      "GET / HTTP/1.0",
      (_, to) => {
        to.write("a");
        to.end("b");
      },
      `${ok}${close}\r\nab`,
    ],
    ["to HEAD has no body", "HEAD / HTTP/1.1", (_, to) => to.end("a"), `${ok}${close}\r\n`],
    [
      "of 204 has none, and says nothing of its length",
      "GET / HTTP/1.1",
      (_, to) => {
        to.statusCode = 204;
        to.end("a");
      },
      `HTTP/1.1 204 No Content\r\n${close}\r\n`,
    ],
    [
      "of 304 has none",
      "GET / HTTP/1.1",
      (_, to) => {
        to.statusCode = 304;
        to.end("a");
      },
      `HTTP/1.1 304 Not Modified\r\n${close}\r\n`,
    ],
  ])("%s", async (_title, line, handler, answer) => {
    expect(await answerTo(`${line}\r\n${closing}`, handler)).toBe(answer);
  });

  it.each<[string, RequestHandler]>([
    ["shorter", (_, to) => to.end("a")],
    ["longer", (_, to) => to.end("abc")],
  ])("that is %s than it says breaks off", async (_title, handler) => {
    const answer = await answerTo("GET / HTTP/1.1\r\nhost: a\r\n\r\n", (request, response) => {
      response.setHeader("content-length", 2);
      handler(request, response);
    });
    expect(answer).toBe("");
  });

  it.each([
    ["x-a", "b\r\nc: d"],
    ["x-a", "b\nc"],
    ["x-a", "\0"],
    ["x-a", "€"],
    ["x a", "b"],
    ["", "b"],
  ])("takes no header %j with %j", async (name, value) => {
    const answer = await answerTo(`GET / HTTP/1.1\r\n${closing}`, (_request, response) => {
      expect(() => response.setHeader(name, value)).toThrow(TypeError);
      response.end("a");
    });
    expect(answer).toBe(`${ok}${close}Content-Length: 1\r\n\r\na`);
  });

  it("says for how long its connection is kept", async () => {
    const connection = await connectedTo((_request, response) => response.end("a"), { idleConnectionTimeoutMs: 7500 });
    connection.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    await connection.receives("\r\n\r\na");
    expect(connection.received()).toContain("Connection: keep-alive\r\nKeep-Alive: timeout=7\r\n");
  });

  it("says less than its connection is kept for, as a request that is sent in time may come late", async () => {
    const connection = await connectedTo((_request, response) => response.end("a"), { idleConnectionTimeoutMs: 200 });
    connection.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    await connection.receives("\r\n\r\na");
    await passed(500);
    connection.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    expect((await connection.closed()).split(ok)).toHaveLength(3);
  });

  it("of several megabytes comes whole, and says when there is room for more", async () => {
    const piece = Buffer.alloc(256 * 1024, "a");
    const connection = await connectedTo((_request, response) => {
      let left = 20;
      const go = (): void => {
        while (--left > 0) if (!response.write(piece)) return;
        response.end(piece);
      };
      response.on("drain", go);
      go();
    });
    connection.write(`GET / HTTP/1.1\r\n${closing}`);
    const received = await connection.closed(10_000);
    expect(received.split("40000\r\n")).toHaveLength(21);
    expect(received.endsWith("\r\n0\r\n\r\n")).toBe(true);
  });
});

describe("a client that expects 100-continue", () => {
  const head = "POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n";

  it("gets 100 Continue when its body is about to be read", async () => {
    const connection = await connectedTo((request, response) => {
      setTimeout(() => void text(request).then((body) => response.end(`got ${body}`)), 50);
    });
    connection.write(head);
    await connection.receives("HTTP/1.1 100 Continue\r\n\r\n");
    connection.write("ab");
    await connection.receives("got ab");
    expect(connection.received().split("HTTP/1.1 ")).toHaveLength(3);
  });

  it("gets no 100 Continue if it is rejected, and sends no further request", async () => {
    const connection = await connectedTo((_request, response) => {
      response.statusCode = 413;
      response.end();
    });
    connection.write(head);
    const received = await connection.closed();
    expect(received).toMatch(/^HTTP\/1\.1 413 .*Connection: close/s);
    expect(received).not.toContain("100 Continue");
  });
});

it("a body that turns out to be none is answered with 400, and its request ends", async () => {
  let isOver = false;
  const connection = await connectedTo((request, response) => {
    text(request).catch(() => {});
    response.on("close", () => {
      isOver = true;
    });
  });
  connection.write("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n");
  expect(await connection.closed()).toMatch(/^HTTP\/1\.1 400 .*x-error-reason: INVALID_REQUEST.*RFC 9112, 7\.1/s);
  await until(() => isOver);
});

describe("a body that turns out to be none behind its answer gets no other answer", () => {
  const head = "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n";

  it.each([
    ["which is out", "no size\r\n"],
    ["which is out, with trailers that are too long", `0\r\nx: ${"y".repeat(20_000)}\r\n\r\n`],
  ])("%s", async (_title, rest) => {
    const connection = await connectedTo((_request, response) => {
      response.statusCode = 404;
      response.end("none");
    });
    connection.write(head);
    await connection.receives("none");
    connection.write(`${rest}GET / HTTP/1.1\r\nhost: a\r\n\r\n`);
    const received = await connection.closed();
    expect(received.split("HTTP/1.1 ")).toHaveLength(2);
  });

  it("which is about to go out", async () => {
    const connection = await connectedTo((request, response) => {
      request.on("data", () => {
        if (response.writableEnded) return;
        response.statusCode = 413;
        response.end("too much");
      });
    });
    // So many chunks are handed out before all of them are read.
    connection.write(`${head}${"1\r\na\r\n".repeat(2100)}no size\r\n`);
    const received = await connection.closed();
    expect(received).toMatch(/^HTTP\/1\.1 413 .*too much$/s);
    expect(received.split("HTTP/1.1 ")).toHaveLength(2);
  });
});

it("a caller that ends its side before its answer has left", async () => {
  let hasLeft = false;
  const listener = createListener({}, (_request, response) => {
    response.on("close", () => {
      hasLeft = !response.writableFinished;
    });
  });
  const { port } = await listener.listen(0, "127.0.0.1");
  onTestFinished(() => listener.close(0));
  const socket = connect(port, "127.0.0.1", () => socket.end("GET / HTTP/1.1\r\nhost: a\r\n\r\n"));
  socket.on("error", () => {});
  await until(() => hasLeft);
});
