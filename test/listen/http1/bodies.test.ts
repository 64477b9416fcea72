import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { createListener } from "../../../src/listen/listener.ts";
import { openRaw } from "../../support/raw-connection.ts";
import { connectedTo } from "../../support/raw-listener.ts";

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
  const connection = await connectedTo((request, response) => {
    void text(request).then((received) => response.end(`got ${received.length} ${received === body}`));
  });
  connection.write(
    `${before}${inChunks(body)}${inChunks("0123")}GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`,
  );
  const received = answers(await connection.closed(20_000));
  expect(received.slice(-3)).toEqual([`got ${body.length} true`, "got 4 false", "got 0 false"]);
});

it("chunks of a byte are handed out together", async () => {
  let pieces = 0;
  const connection = await connectedTo((request, response) => {
    request.on("data", () => pieces++);
    request.on("end", () => response.end("got all"));
  });
  connection.write(inChunks(body).replace("host: a", "host: a\r\nconnection: close"));
  expect(answers(await connection.closed(20_000))).toEqual(["got all"]);
  expect(pieces).toBeLessThan(body.length / 100);
});

it("chunks of a byte that many connections send at once are not all taken in one turn of the event loop", async () => {
  const parts: number[] = [];
  let inTurn = 0;
  const listener = createListener({}, (request, response) => {
    request.on("data", (piece: Buffer) => {
      if (inTurn === 0) {
        setImmediate(() => {
          parts.push(inTurn);
          inTurn = 0;
        });
      }
      inTurn += piece.length;
    });
    request.on("end", () => response.end("got all"));
  });
  const { port } = await listener.listen(0, "127.0.0.1");
  onTestFinished(() => listener.close(0));
  const connections = await Promise.all(Array.from({ length: 30 }, () => openRaw(port)));
  for (const connection of connections)
    connection.write(inChunks(body).replace("host: a", "host: a\r\nconnection: close"));
  for (const connection of connections) expect(await connection.closed(20_000)).toContain("got all");
  expect(Math.max(...parts)).toBeLessThan((30 * body.length) / 8);
});

it("requests of a client that waits for no answer are not all begun in one turn, and are answered in order", async () => {
  const count = 10_000;
  let inTurn = 0;
  let most = 0;
  const connection = await connectedTo((request, response) => {
    if (++inTurn === 1) setImmediate(() => (inTurn = 0));
    most = Math.max(most, inTurn);
    response.end(`got ${request.url}`);
  });
  const heads = Array.from({ length: count }, (_, i) => {
    return `GET /${i} HTTP/1.1\r\nhost: a\r\n${i === count - 1 ? "connection: close\r\n" : ""}\r\n`;
  });
  connection.write(heads.join(""));
  const received = answers(await connection.closed(20_000));
  expect(received).toEqual(heads.map((_, i) => `got /${i}`));
  expect(most).toBeLessThan(count / 4);
});

it("a body that is not read stays on its connection", async () => {
  let taken = 0;
  const size = 4 * 1024 * 1024;
  const connection = await connectedTo((request, response) => {
    setTimeout(() => {
      taken = request.socket.bytesRead;
      void text(request).then((received) => response.end(`got ${received.length}`));
    }, 200);
  });
  const [head, rest] = inChunks("1").replace("host: a", "host: a\r\nconnection: close").split("1\r\n1");
  connection.write(`${head}${size.toString(16)}\r\n`);
  connection.write(Buffer.alloc(size, 0x20));
  connection.write(rest!);
  expect(answers(await connection.closed(20_000))).toEqual([`got ${size}`]);
  // What the system reads at a time is 64 KiB, and twice may it have begun to.
  expect(taken).toBeLessThanOrEqual(2 * 64 * 1024);
});

it("a body of a few bytes does not hold what came with it", async () => {
  const held: number[] = [];
  const connection = await connectedTo((request, response) => {
    request.on("data", (piece: Buffer) => held.push(piece.buffer.byteLength));
    request.on("end", () => response.end("got it"));
  });
  const post = (body: string, more = ""): string =>
    `POST / HTTP/1.1\r\nhost: a\r\n${more}content-length: ${body.length}\r\n\r\n${body}`;
  connection.write(post("x".repeat(40_000)) + post("y", "connection: close\r\n"));
  expect(answers(await connection.closed())).toEqual(["got it", "got it"]);
  expect(held.at(-1)).toBeLessThan(16 * 1024);
});
