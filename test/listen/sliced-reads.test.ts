import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import type { RequestHandler } from "../../src/api/http.ts";
import { createListener } from "../../src/listen/listener.ts";
import { openRaw, type RawConnection } from "../support/raw-connection.ts";

async function connected(handler: RequestHandler): Promise<RawConnection> {
  const listener = createListener({}, handler);
  const { port } = await listener.listen(0, "127.0.0.1");
  const connection = await openRaw(port);
  onTestFinished(async () => {
    connection.destroy();
    await listener.close(0);
  });
  return connection;
}

/** A request whose body comes in chunks of one byte. */
function inChunks(body: string): string {
  const chunks = [...body].map((byte) => `1\r\n${byte}\r\n`).join("");
  return `POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`;
}

const answers = (received: string): string[] => received.match(/(?<=\r\n\r\n)got [^H]*/g) ?? [];
const body = "0123456789".repeat(4000);

it.each([
  ["first", ""],
  ["later", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\n-"],
])("a %s request in thousands of chunks arrives whole, and so does what stands behind it", async (_title, before) => {
  const connection = await connected((request, response) => {
    void text(request).then((received) => response.end(`got ${received.length} ${received === body}`));
  });
  connection.write(
    `${before}${inChunks(body)}${inChunks("0123")}GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`,
  );
  const received = answers(await connection.closed(20_000));
  expect(received.slice(-3)).toEqual([`got ${body.length} true`, "got 4 false", "got 0 false"]);
});

it.each([
  ["behind their head", false],
  ["that come after their head has been read", true],
])("chunks of a byte %s are not all taken in one turn of the event loop", async (_title, isApart) => {
  let inTurn = 0;
  let most = 0;
  let sendRest = (): void => {};
  const connection = await connected((request, response) => {
    request.on("data", () => {
      if (++inTurn === 1) setImmediate(() => (inTurn = 0));
      most = Math.max(most, inTurn);
    });
    request.on("end", () => response.end("got all"));
    sendRest();
  });
  const all = inChunks(body).replace("host: a", "host: a\r\nconnection: close");
  const head = isApart ? all.slice(0, all.indexOf("\r\n\r\n") + 4) : all;
  sendRest = () => connection.write(all.slice(head.length));
  connection.write(head);
  expect(answers(await connection.closed(20_000))).toEqual(["got all"]);
  // A read of 64 KiB holds more than 10,000 of them.
  expect(most).toBeLessThan(5000);
});

it("requests of a client that waits for no answer are not all taken in one turn, and are answered in order", async () => {
  const count = 10_000;
  let inTurn = 0;
  let most = 0;
  const onParsed = (): void => {
    if (++inTurn === 1) setImmediate(() => (inTurn = 0));
    most = Math.max(most, inTurn);
  };
  subscribe("http.server.request.start", onParsed);
  onTestFinished(() => void unsubscribe("http.server.request.start", onParsed));
  const connection = await connected((request, response) => response.end(`got ${request.url}`));
  const heads = Array.from({ length: count }, (_, i) => {
    return `GET /${i} HTTP/1.1\r\nhost: a\r\n${i === count - 1 ? "connection: close\r\n" : ""}\r\n`;
  });
  connection.write(heads.join(""));
  const received = answers(await connection.closed(20_000));
  expect(received).toEqual(heads.map((_, i) => `got /${i}`));
  expect(most).toBeLessThan(count / 4);
});

it("a body that nobody reads is not taken further than the buffer of its request", async () => {
  let buffered = 0;
  const connection = await connected((request, response) => {
    setTimeout(() => {
      buffered = (request as { readableLength: number }).readableLength;
      void text(request).then((received) => response.end(`got ${received.length}`));
    }, 100);
  });
  connection.write(inChunks(body.repeat(3)).replace("host: a", "host: a\r\nconnection: close"));
  expect(answers(await connection.closed(20_000))).toEqual([`got ${3 * body.length}`]);
  expect(buffered).toBeLessThan(body.length);
});
