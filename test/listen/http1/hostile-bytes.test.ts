/** Clients that send what bytes they like: no request is read otherwise than Node's own server reads it, however it is cut. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import type { RequestHandler } from "../../../src/api/http.ts";
import { createListener } from "../../../src/listen/listener.ts";
import { createDice, type Dice, hostileRuns } from "../../support/hostile-inference.ts";
import { expectNoSockets } from "../../support/open-sockets.ts";
import { openRaw } from "../../support/raw-connection.ts";

// What is registered first goes last: servers and clients are closed by then.
beforeEach(() => onTestFinished(expectNoSockets));

const runs = hostileRuns(300);
const timeoutMs = 20_000 + runs * 40;

const lines = [
  ...["POST /a HTTP/1.1", "POST /b?c=d HTTP/1.1", "GET / HTTP/1.1", "PUT http://x/y HTTP/1.1", "POST /e HTTP/1.0"],
  ...[
    "POST /f HTTP/1.2",
    "post /g HTTP/1.1",
    "POST  /h HTTP/1.1",
    "POST i HTTP/1.1",
    "HACK / HTTP/1.1",
    "PRI * HTTP/2.0",
  ],
];
const fields = [
  ...["x: y", "x: z", "y: z", "Host:b", "host : a"],
  ...["content-length: 6", "Content-Length:6", "content-length: 5", "content-length: 7", "content-length : 6"],
  ...["content-length: 6, 6", "content-length: 99999999999999999999", "content-length: 0x6", "content-length: -6"],
  ...["transfer-encoding: chunked", "Transfer-Encoding: Chunked", "transfer-encoding: gzip, chunked"],
  ...["transfer-encoding: identity", "transfer-encoding: chunked\r\n ,identity", "transfer-encoding: chunked, chunked"],
  ...["connection: close", "connection: keep-alive", "expect: 100-continue", "expect: a", "upgrade: h2c"],
  ...["x: y", " x: y", "x", ": x", "x: \0", "cookie: a", "x-long: ".padEnd(200, "y")],
];
const bodies = [
  ...["a body", "a body", "", "6\r\na body\r\n0\r\n\r\n", "3\r\na b\r\n3;a=b\r\nody\r\n0\r\nx: y\r\n\r\n"],
  ...["6 \r\na body\r\n0\r\n\r\n", "6\na body\r\n0\r\n\r\n", "5\r\na body\r\n0\r\n\r\n", "fffffffffffffffff\r\na body"],
  ...["0\r\n\r\na body", "1\r\na\r\n".repeat(50), "0\r\nx : y\r\n\r\n"],
];

/** Requests that may be right, may contradict themselves, or may be broken. */
function hostileRequests(dice: Dice): Buffer {
  let all = "";
  for (let i = 1 + dice.below(3); i > 0; i--) {
    const head = [dice.pick(lines), "host: a", ...Array.from({ length: dice.below(3) }, () => dice.pick(fields))];
    const end = dice.below(12) === 0 ? dice.pick(["\n", "\r", ""]) : "\r\n";
    all += `${head.join("\r\n")}${end}\r\n${dice.pick(bodies)}`;
  }
  const bytes = Buffer.from(all, "latin1");
  for (let i = dice.below(3) - 1; i > 0; i--) bytes[dice.below(bytes.length)] = dice.below(256);
  return dice.below(10) === 0 ? bytes.subarray(0, dice.below(bytes.length + 1)) : bytes;
}

/** Notes the requests that come whole, with their bodies. */
function recorder() {
  const seen: string[] = [];
  const handler: RequestHandler = (request, response) => {
    text(request).then(
      (body) => {
        seen.push(`${request.method} ${request.url} ${JSON.stringify(body)}`);
        response.end("got it");
      },
      () => {},
    );
  };
  return { seen, handler };
}

/** Sends bytes, so many at a time, and waits until the server has closed. */
async function say(port: number, bytes: Buffer, step: number): Promise<void> {
  const connection = await openRaw(port);
  connection.socket.setNoDelay(true);
  for (let at = 0; at < bytes.length && !connection.isClosed(); at += step) {
    connection.write(bytes.subarray(at, Math.min(bytes.length, at + step)));
    if (step < bytes.length) await new Promise(setImmediate);
  }
  // Who ends its side is not waited for.
  for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setTimeout(resolve, 1));
  connection.halfClose();
  await connection.closed(10_000);
}

it(
  `reads ${runs} times hostile requests as Node does, or refuses them`,
  async () => {
    const ours = recorder();
    const node = recorder();
    const listener = createListener({}, ours.handler);
    const { port } = await listener.listen(0, "127.0.0.1");
    onTestFinished(() => listener.close(0));
    const server: Server = createServer(node.handler);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
    let taken = 0;
    for (let seed = 1; seed <= runs; seed++) {
      const dice = createDice(seed);
      const bytes = hostileRequests(dice);
      const what = `seed ${seed}: ${JSON.stringify(bytes.toString("latin1"))}`;
      await say(port, bytes, Number.POSITIVE_INFINITY);
      const whole = ours.seen.splice(0);
      await say(port, bytes, 1 + dice.below(9));
      expect(ours.seen.splice(0), what).toEqual(whole);
      await say((server.address() as AddressInfo).port, bytes, Number.POSITIVE_INFINITY);
      expect(node.seen.splice(0).slice(0, whole.length), what).toEqual(whole);
      taken += whole.length;
    }
    expect(taken).toBeGreaterThan(runs / 8);
  },
  timeoutMs,
);
