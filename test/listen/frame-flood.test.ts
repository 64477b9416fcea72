import { once } from "node:events";
import { connect } from "node:http2";
import { connect as openSocket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { createListener, type Listener } from "../../src/listen/listener.ts";
import { endHeaders, endStream, frameTypes, http2Frame, preface } from "../support/http2-frames.ts";
import { expectNoSockets } from "../support/open-sockets.ts";
import { openHttp2, requestBlock } from "../support/raw-http2.ts";
import { until } from "../support/until.ts";

const MiB = 1024 ** 2;
const enhanceYourCalm = 11;
const longBytes = 128 * MiB;

let listener: Listener;
afterEach(async () => {
  await listener.close(500);
  await expectNoSockets();
});

/** Reads bodies to their end and says how long they were, or answers before they have come. */
async function listen(): Promise<number> {
  listener = createListener({}, (request, response) => {
    if (request.url === "/long") {
      response.end(Buffer.alloc(longBytes));
      return;
    }
    if (request.url === "/refused") {
      response.end("no");
      return;
    }
    let bytes = 0;
    request.on("data", (piece: Buffer) => {
      bytes += piece.byteLength;
    });
    request.on("end", () => response.end(String(bytes)));
  });
  return (await listener.listen(0, "127.0.0.1")).port;
}

it.each([
  ["WINDOW_UPDATE frames", http2Frame(frameTypes.windowUpdate, 0, 0, Buffer.from([0, 0, 0, 1]))],
  ["frames of a kind that is not known", http2Frame(0x77, 0, 0, Buffer.alloc(100))],
])("ends a session that sends megabytes of %s", async (_, frame) => {
  const connection = await openHttp2(await listen());
  const piece = Buffer.concat(Array.from({ length: 5000 }, () => frame));
  for (let sent = 0; sent < 64 * MiB && !connection.isClosed(); sent += piece.length) {
    connection.write(piece);
    await sleep(20);
  }
  await until(connection.isClosed, "the end of the session");
  expect(connection.isClosed()).toBe(true);
});

it("says to a session that floods to be calm", async () => {
  const connection = await openHttp2(await listen());
  const ignored = http2Frame(0x77, 0, 0, Buffer.alloc(16_000));
  for (let i = 0; i < 100; i++) connection.write(ignored);
  await until(() => connection.goaways().length > 0, "GOAWAY");
  expect(connection.goaways()).toEqual([enhanceYourCalm]);
  await connection.closed();
});

it("ends a session sooner while the event loop is busy, though no turn of it is long", async () => {
  const connection = await openHttp2(await listen());
  const busy = setInterval(() => {
    const until = performance.now() + 3;
    while (performance.now() < until);
  });
  const piece = Buffer.concat(Array.from({ length: 4 }, () => http2Frame(0x77, 0, 0, Buffer.alloc(16_000))));
  let sent = 0;
  for (; sent < 64 * MiB && !connection.isClosed(); sent += piece.length) {
    connection.write(piece);
    await sleep(1);
  }
  clearInterval(busy);
  expect(sent).toBeLessThan(2 * MiB);
});

it("counts the head of a call by what is in it", async () => {
  const connection = await openHttp2(await listen());
  const ignored = http2Frame(0x77, 0, 0, Buffer.alloc(16_000));
  // With the largest head that there may be for each of them this would not be too much.
  for (let stream = 1; stream < 240; stream += 2) {
    connection.write(http2Frame(frameTypes.headers, endHeaders | endStream, stream, requestBlock("GET", "/refused")));
  }
  for (let i = 0; i < 100; i++) connection.write(ignored);
  await until(() => connection.goaways().length > 0, "GOAWAY");
  expect(connection.goaways()).toEqual([enhanceYourCalm]);
  await connection.closed();
});

it("lets a client take a long answer a little at a time", async () => {
  const socket = openSocket({ port: await listen(), host: "127.0.0.1" });
  const get = http2Frame(frameTypes.headers, endHeaders | endStream, 1, requestBlock("GET", "/long"));
  socket.write(Buffer.concat([preface, http2Frame(frameTypes.settings, 0, 0, Buffer.alloc(0)), get]));
  const little = 2048;
  const more = Buffer.alloc(4);
  more.writeUInt32BE(little);
  // The connection and the stream go on by as much each time.
  const goOn = Buffer.concat([0, 1].map((stream) => http2Frame(frameTypes.windowUpdate, 0, stream, more)));
  let taken = 0;
  let untaken = 0;
  socket.on("error", () => {});
  socket.on("data", (data: Buffer) => {
    taken += data.length;
    untaken += data.length;
    const steps = Math.floor(untaken / little);
    untaken -= steps * little;
    if (steps > 0) socket.write(Buffer.concat(Array<Buffer>(steps).fill(goOn)));
  });
  await until(() => taken >= longBytes || socket.destroyed, "the end of the answer", 30_000);
  expect(taken).toBeGreaterThanOrEqual(longBytes);
  socket.destroy();
});

it("accepts bodies of many megabytes, in small pieces, also if they are not read", async () => {
  const session = connect(`http://127.0.0.1:${await listen()}`);
  const closed = once(session, "close");
  const send = async (path: string, piece: Buffer, count: number): Promise<string> => {
    const stream = session.request({ ":method": "POST", ":path": path });
    stream.setEncoding("latin1").on("error", () => {});
    let text = "";
    stream.on("data", (part: string) => {
      text += part;
    });
    const gone = once(stream, "close").catch(() => {});
    for (let i = 0; i < count && !stream.destroyed && !stream.closed; i++) {
      if (!stream.write(piece)) await Promise.race([once(stream, "drain").catch(() => {}), gone]);
    }
    stream.end();
    await gone;
    return text;
  };
  expect(await send("/", Buffer.alloc(64 * 1024), 512)).toBe(String(32 * MiB));
  expect(await send("/", Buffer.alloc(100), 20_000)).toBe(String(2_000_000));
  for (let i = 0; i < 4; i++) {
    await Promise.all(Array.from({ length: 20 }, () => send("/refused", Buffer.alloc(64 * 1024), 32)));
  }
  // Sessions are looked at once a second.
  await sleep(1200);
  expect(await send("/", Buffer.alloc(10), 1)).toBe("10");
  session.close();
  await closed;
});
