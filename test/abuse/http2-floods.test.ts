import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { endHeaders, endStream, frameTypes, headerBlock, http2Frame } from "../support/http2-frames.ts";
import { answered, openHttp2, type RawHttp2, requestBlock } from "../support/raw-http2.ts";
import { model } from "../support/running-service.ts";
import { until } from "../support/until.ts";
import { abusedService, expectNormalCall } from "./abused-service.ts";

const enhanceYourCalm = 11;
const refusedStream = 7;
/** What the process may grow by: what the collector has not come to yet, and a fraction of what the streams of a flood would take. */
const maxGrowthBytes = 96 * 1024 * 1024;

const abused = abusedService({
  env: { MAX_CONCURRENT_STREAMS: "10", MAX_RESET_RATE: "20", MAX_CONTROL_FRAME_RATE: "20", MAX_HEADER_SIZE: "8KiB" },
});

const get = requestBlock("GET", "/livez");
const rpcHead = requestBlock("POST", "/kserve.registry.v1.ModelRegistry/Predict", [
  ["content-type", "application/grpc"],
]);

/** Sends piece after piece until the server closes, with normal calls of others in between. */
async function flood(connection: RawHttp2, pieces: number, piece: (i: number) => Buffer): Promise<void> {
  for (let i = 0; i < pieces && !connection.isClosed(); i++) {
    connection.write(piece(i));
    if (i % 10 === 9) await sleep(1);
    if (i % 100 === 50) await expectNormalCall(abused.service.url, "2");
  }
}

async function residentBytes(): Promise<number> {
  return abused.service.metric("process_resident_memory_bytes");
}

/** Frames by the hundred, so that the loop of the test is not what limits them. */
function many(frame: Buffer, count = 100): Buffer {
  return Buffer.concat(Array.from({ length: count }, () => frame));
}

const settings = http2Frame(frameTypes.settings, 0, 0, Buffer.alloc(0));
const ping = http2Frame(frameTypes.ping, 0, 0, Buffer.alloc(8));
const windowUpdate = http2Frame(frameTypes.windowUpdate, 0, 0, Buffer.from([0, 0, 0, 1]));
const cancel = Buffer.from([0, 0, 0, 8]);

describe("a flood over one HTTP/2 connection", () => {
  it.each<[string, (i: number) => Buffer]>([
    ["of PING frames", () => many(ping)],
    ["of SETTINGS frames", () => many(settings)],
    [
      "of streams that are reset as they open",
      (i) =>
        Buffer.concat(
          Array.from({ length: 100 }, (_, j) => {
            const stream = 2 * (100 * i + j) + 1;
            return Buffer.concat([
              http2Frame(frameTypes.headers, endHeaders | endStream, stream, get),
              http2Frame(frameTypes.rstStream, 0, stream, cancel),
            ]);
          }),
        ),
    ],
    [
      "of empty DATA frames",
      (i) => {
        const head = http2Frame(frameTypes.headers, endHeaders, 1, rpcHead);
        const empty = many(http2Frame(frameTypes.data, 0, 1, Buffer.alloc(0)));
        return i === 0 ? Buffer.concat([head, empty]) : empty;
      },
    ],
    [
      "of CONTINUATION frames without end",
      (i) => {
        const more = many(http2Frame(frameTypes.continuation, 0, 1, headerBlock([["a", "b"]])));
        return i === 0 ? Buffer.concat([http2Frame(frameTypes.headers, 0, 1, get), more]) : more;
      },
    ],
    [
      "of empty CONTINUATION frames",
      (i) => {
        const more = many(http2Frame(frameTypes.continuation, 0, 1, Buffer.alloc(0)));
        return i === 0 ? Buffer.concat([http2Frame(frameTypes.headers, 0, 1, get), more]) : more;
      },
    ],
    ["of frames on streams that are not open", () => many(http2Frame(frameTypes.data, 0, 99, Buffer.alloc(1)))],
  ])("%s costs that connection alone", async (_title, piece) => {
    const before = await residentBytes();
    const connection = await openHttp2(abused.service.port);
    await flood(connection, 400, piece);
    await connection.closed();
    expect((await residentBytes()) - before).toBeLessThan(maxGrowthBytes);
  });

  it.each([
    ["PING", ping],
    ["SETTINGS", settings],
  ])("of %s frames gets ENHANCE_YOUR_CALM", async (_title, frame) => {
    const connection = await openHttp2(abused.service.port);
    connection.write(many(frame, 205));
    await connection.closed();
    expect(connection.goaways()).toEqual([enhanceYourCalm]);
  });

  it("of PING frames whose answers are not read costs that connection alone", async () => {
    const before = await residentBytes();
    const connection = await openHttp2(abused.service.port);
    connection.socket.pause();
    await flood(connection, 200, () => many(ping));
    connection.socket.resume();
    await connection.closed();
    expect((await residentBytes()) - before).toBeLessThan(maxGrowthBytes);
  });

  it("of window updates is taken without growing", async () => {
    const before = await residentBytes();
    const connection = await openHttp2(abused.service.port);
    await flood(connection, 100, () => many(windowUpdate));
    expect((await residentBytes()) - before).toBeLessThan(maxGrowthBytes);
    connection.destroy();
  });
});

describe("PING and SETTINGS frames at a pace that keepalives have", () => {
  it("are answered", async () => {
    const connection = await openHttp2(abused.service.port);
    connection.write(Buffer.concat([many(ping, 50), many(settings, 50)]));
    const acknowledged = (type: number): number =>
      connection.frames().filter((frame) => frame.type === type && frame.flags === 1).length;
    await until(() => acknowledged(frameTypes.ping) === 50 && acknowledged(frameTypes.settings) >= 50);
    expect(connection.goaways()).toEqual([]);
    connection.destroy();
  });
});

describe("more calls than one connection may have", () => {
  it("are refused, and the others served, though the limit was never acknowledged", async () => {
    const connection = await openHttp2(abused.service.port);
    const open = (stream: number): Buffer => http2Frame(frameTypes.headers, endHeaders, stream, rpcHead);
    connection.write(Buffer.concat(Array.from({ length: 15 }, (_, i) => open(2 * i + 1))));
    await until(() => connection.resetOf(29) !== undefined, "the last one is refused");
    expect([19, 21, 29].map((stream) => connection.resetOf(stream))).toEqual([undefined, refusedStream, refusedStream]);
    await expectNormalCall(abused.service.url, "2");
    // With one less under way there is room for another.
    connection.write(http2Frame(frameTypes.rstStream, 0, 1, cancel));
    connection.write(http2Frame(frameTypes.headers, endHeaders | endStream, 31, get));
    await until(() => answered(connection, 31), "the next one is answered");
    connection.destroy();
  });
});

describe("the head of an HTTP/2 request", () => {
  it.each([
    ["has acknowledged", http2Frame(frameTypes.settings, 1, 0, Buffer.alloc(0))],
    ["has not acknowledged", Buffer.alloc(0)],
  ])("above the limit that its client %s is refused, and its connection goes on", async (_title, acknowledgement) => {
    const connection = await openHttp2(abused.service.port);
    await until(() => connection.frames().length > 0, "the limit arrives");
    connection.write(acknowledgement);
    const large = requestBlock("GET", "/livez", [["x-large", "a".repeat(9 * 1024)]]);
    connection.write(http2Frame(frameTypes.headers, endHeaders | endStream, 1, large));
    connection.write(http2Frame(frameTypes.headers, endHeaders | endStream, 3, get));
    await until(() => answered(connection, 3), "the second one is answered");
    await until(() => connection.resetOf(1) !== undefined || answered(connection, 1), "the first one is refused");
    expect(connection.resetOf(1)).toBe(enhanceYourCalm);
    connection.destroy();
  });

  it("below the limit is taken", async () => {
    const connection = await openHttp2(abused.service.port);
    const block = requestBlock("GET", `/v1/models/${model}`, [["x-large", "a".repeat(7 * 1024)]]);
    connection.write(http2Frame(frameTypes.headers, endHeaders | endStream, 1, block));
    await until(() => answered(connection, 1), "it is answered");
    connection.destroy();
  });
});
