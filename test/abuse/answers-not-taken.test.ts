import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { createListener, type Listener } from "../../src/listen/listener.ts";
import { endHeaders, endStream, frameTypes, http2Frame, preface } from "../support/http2-frames.ts";
import { expectNoSockets } from "../support/open-sockets.ts";
import { openRaw } from "../support/raw-connection.ts";
import { openHttp2, requestBlock } from "../support/raw-http2.ts";
import { until } from "../support/until.ts";

const answerTimeoutMs = 400;
const large = Buffer.alloc(16 * 1024 * 1024);

let listener: Listener;
afterEach(async () => {
  await listener.close(500);
  await expectNoSockets();
});

/** A listener with a short time for answers: a large one, one that streams and is silent, one that is never complete. */
async function listen(): Promise<number> {
  listener = createListener({ answerTimeoutMs }, (request, response) => {
    if (request.url === "/large") response.end(large);
    else if (request.url === "/stream") (response.write as (chunk: Buffer) => boolean).call(response, large);
    else response.end("small");
  });
  return (await listener.listen(0, "127.0.0.1")).port;
}

const noWindow = http2Frame(frameTypes.settings, 0, 0, Buffer.from([0, 4, 0, 0, 0, 0]));

describe("a response that its client does not read", () => {
  it.each(["/large", "/stream", "/small"])(
    "to GET %s is ended over HTTP/2, and its connection goes on",
    async (path) => {
      const connection = await openHttp2(await listen());
      connection.write(noWindow);
      connection.write(http2Frame(frameTypes.headers, endHeaders | endStream, 1, requestBlock("GET", path)));
      await sleep(answerTimeoutMs / 2);
      expect(connection.resetOf(1)).toBeUndefined();
      await until(() => connection.resetOf(1) !== undefined, "the stream is reset");
      expect(connection.isClosed()).toBe(false);
      connection.destroy();
    },
  );

  it.each(["/large", "/stream"])("to GET %s is ended over HTTP/1.1 with its connection", async (path) => {
    const connection = await openRaw(await listen());
    connection.socket.pause();
    connection.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
    await sleep(3 * answerTimeoutMs);
    connection.socket.resume();
    await connection.closed();
    expect(connection.received().length).toBeLessThan(large.length);
  });

  it("ends its HTTP/2 connection where that is not read at all", async () => {
    const connection = await openRaw(await listen());
    connection.socket.pause();
    const open = Buffer.from([0, 4, 0x7f, 0xff, 0xff, 0xff]);
    connection.write(preface);
    connection.write(http2Frame(frameTypes.settings, 0, 0, open));
    connection.write(http2Frame(frameTypes.windowUpdate, 0, 0, Buffer.from([0x7f, 0, 0, 0])));
    connection.write(http2Frame(frameTypes.headers, endHeaders | endStream, 1, requestBlock("GET", "/large")));
    await sleep(5 * answerTimeoutMs);
    connection.socket.resume();
    await connection.closed();
    expect(connection.received().length).toBeLessThan(large.length);
  });
});
