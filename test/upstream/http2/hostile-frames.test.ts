/** Servers that send what frames they like: what is against the rules ends its call or its connection, and nothing else. */
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import { RegistryError } from "../../../src/registry/registry-error.ts";
import { Connection } from "../../../src/upstream/http2/connection.ts";
import { createDice, hostileRuns } from "../../support/hostile-inference.ts";
import { endHeaders, endStream, frameTypes, headerBlock, http2Frame } from "../../support/http2-frames.ts";
import { until } from "../../support/until.ts";
import { createTestCaller, expectNoSocketsAfterEach, startTcp } from "./support/http2-upstream.ts";

expectNoSocketsAfterEach();

const { data, headers, settings, pushPromise, ping, goaway, windowUpdate, continuation, rstStream } = frameTypes;
const nothing = Buffer.alloc(0);
const words = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value, 4 * i);
  return bytes;
};
const settingOf = (id: number, value: number): Buffer => Buffer.concat([Buffer.from([0, id]), words(value)]);
const okSettings = http2Frame(settings, 0, 0, nothing);
const okHead = headerBlock([
  [":status", "200"],
  ["content-type", "application/grpc"],
]);
const okTrailers = headerBlock([["grpc-status", "0"]]);
const padded = 0x8;
const priority = 0x20;

/** A server that sends something as soon as it is spoken to, and takes down what it is told. */
async function startSaying(frames: readonly Buffer[], step = Number.POSITIVE_INFINITY) {
  const said = Buffer.concat(frames);
  const sockets: Socket[] = [];
  const heard: Buffer[] = [];
  const { port } = await startTcp((socket) => {
    sockets.push(socket);
    socket.on("data", (piece: Buffer) => heard.push(piece));
    socket.once("data", async () => {
      for (let at = 0; at < said.length && !socket.destroyed; at += step) {
        socket.write(said.subarray(at, Math.min(said.length, at + step)));
        if (step < said.length) await new Promise(setImmediate);
      }
    });
  });
  return { port, sockets, heard: () => Buffer.concat(heard) };
}

const answer = [
  okSettings,
  http2Frame(headers, endHeaders, 1, okHead),
  http2Frame(data, 0, 1, Buffer.from("ans")),
  http2Frame(data, 0, 1, Buffer.from("wer")),
  http2Frame(headers, endHeaders | endStream, 1, okTrailers),
];

it("keeps no more than an answer, whatever comes between its pieces", async () => {
  const unknownFrames = Array<Buffer>(4).fill(http2Frame(0xee, 0, 0, Buffer.alloc(15_000)));
  const piece = http2Frame(data, 0, 1, Buffer.alloc(1024, "a"));
  const { port } = await startSaying([
    okSettings,
    http2Frame(headers, endHeaders, 1, okHead),
    ...Array.from({ length: 50 }, () => [piece, ...unknownFrames]).flat(),
    http2Frame(headers, endHeaders | endStream, 1, okTrailers),
  ]);
  const { chunks, size } = await createTestCaller(`http://127.0.0.1:${port}`).send();
  const kept = new Set(chunks.map(({ buffer }) => buffer));
  expect(size).toBe(50 * 1024);
  expect([...kept].reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeLessThanOrEqual(2 * size + 128 * 1024);
});

describe("an answer is whole", () => {
  it.each([1, 2, 3, 5, 8, 9, 10, 13, 31])("where it comes in pieces of %i bytes", async (step) => {
    const { port } = await startSaying(answer, step);
    expect(await createTestCaller(`http://127.0.0.1:${port}`).text()).toBe("answer");
  });

  it.each<readonly [string, readonly Buffer[]]>([
    [
      "with padding",
      [
        okSettings,
        http2Frame(headers, endHeaders | padded, 1, Buffer.concat([Buffer.from([3]), okHead, Buffer.alloc(3)])),
        http2Frame(
          data,
          padded | endStream,
          1,
          Buffer.concat([Buffer.from([200]), Buffer.from("answer"), Buffer.alloc(200)]),
        ),
      ],
    ],
    [
      "with a head in pieces, and a priority",
      [
        okSettings,
        http2Frame(headers, priority, 1, Buffer.concat([Buffer.alloc(5), okHead.subarray(0, 4)])),
        http2Frame(continuation, 0, 1, okHead.subarray(4, 9)),
        http2Frame(continuation, 0, 1, nothing),
        http2Frame(continuation, endHeaders, 1, okHead.subarray(9)),
        http2Frame(data, endStream, 1, Buffer.from("answer")),
      ],
    ],
    [
      "with frames between that mean nothing",
      [
        okSettings,
        http2Frame(0xbe, 0xff, 7, Buffer.alloc(9)),
        http2Frame(settings, 0, 0, settingOf(99, 1)),
        ...answer.slice(1, 3),
        http2Frame(frameTypes.priority, 0, 1, Buffer.alloc(5)),
        http2Frame(data, 0, 1, nothing),
        http2Frame(windowUpdate, 0, 1, words(1)),
        ...answer.slice(3),
      ],
    ],
  ])("%s", async (_title, frames) => {
    const { port } = await startSaying(frames);
    expect(await createTestCaller(`http://127.0.0.1:${port}`).text()).toBe("answer");
  });
});

/** What comes behind settings, and the code that the connection ends with. */
const broken: readonly (readonly [title: string, frames: readonly Buffer[], code: number])[] = [
  ["a frame above its size", [http2Frame(data, 0, 1, nothing, 16_385)], 6],
  ["a head for a stream that was never opened", [http2Frame(headers, endHeaders, 3, okHead)], 1],
  ["a head for a stream of its own", [http2Frame(headers, endHeaders, 2, okHead)], 1],
  ["a body without a stream", [http2Frame(data, 0, 0, Buffer.from("x"))], 1],
  ["a reset of a stream that was never opened", [http2Frame(rstStream, 0, 5, words(8))], 1],
  ["a reset of another size", [http2Frame(rstStream, 0, 1, Buffer.alloc(3))], 6],
  ["a push", [http2Frame(pushPromise, endHeaders, 1, Buffer.concat([words(2), okHead]))], 1],
  ["a head that is not HPACK", [http2Frame(headers, endHeaders, 1, Buffer.from([0x80]))], 9],
  [
    "a head that is cut by another frame",
    [http2Frame(headers, 0, 1, okHead), http2Frame(data, 0, 1, Buffer.from("x"))],
    1,
  ],
  [
    "a head that goes on elsewhere",
    [http2Frame(headers, 0, 1, okHead), http2Frame(continuation, endHeaders, 3, okHead)],
    1,
  ],
  ["a head that goes on without a beginning", [http2Frame(continuation, endHeaders, 1, okHead)], 1],
  [
    "a head without an end",
    [
      http2Frame(headers, 0, 1, okHead),
      ...Array.from({ length: 20 }, () => http2Frame(continuation, 0, 1, Buffer.alloc(16_384))),
    ],
    11,
  ],
  [
    "heads that bring nothing",
    [http2Frame(headers, 0, 1, okHead), ...Array(10_001).fill(http2Frame(continuation, 0, 1, nothing))],
    11,
  ],
  [
    "bodies that bring nothing",
    [http2Frame(headers, endHeaders, 1, okHead), ...Array(10_001).fill(http2Frame(data, 0, 1, nothing))],
    11,
  ],
  [
    "more padding than payload",
    [http2Frame(headers, endHeaders, 1, okHead), http2Frame(data, padded, 1, Buffer.from([9, 1]))],
    1,
  ],
  ["padding without a length", [http2Frame(data, padded, 1, nothing)], 1],
  ["a head that is too short for its priority", [http2Frame(headers, endHeaders | priority, 1, Buffer.alloc(4))], 6],
  ["settings of a stream", [http2Frame(settings, 0, 1, nothing)], 1],
  ["settings of another size", [http2Frame(settings, 0, 0, Buffer.alloc(5))], 6],
  ["settings in an acknowledgement", [http2Frame(settings, 1, 0, Buffer.alloc(6))], 6],
  ["a window above the largest in settings", [http2Frame(settings, 0, 0, settingOf(4, 2 ** 31))], 3],
  ["frames that are too small", [http2Frame(settings, 0, 0, settingOf(5, 100))], 1],
  ["frames that are too large", [http2Frame(settings, 0, 0, settingOf(5, 2 ** 24))], 1],
  ["a wish to be pushed to", [http2Frame(settings, 0, 0, settingOf(2, 1))], 1],
  ["a PING of a stream", [http2Frame(ping, 0, 1, Buffer.alloc(8))], 1],
  ["a PING of another size", [http2Frame(ping, 0, 0, Buffer.alloc(7))], 6],
  ["a GOAWAY of a stream", [http2Frame(goaway, 0, 1, Buffer.alloc(8))], 1],
  ["a GOAWAY that is too short", [http2Frame(goaway, 0, 0, Buffer.alloc(7))], 1],
  ["a window that grows by nothing", [http2Frame(windowUpdate, 0, 0, words(0))], 3],
  ["a window that grows too far", [http2Frame(windowUpdate, 0, 0, words(0x7fff_ffff))], 3],
  ["a window update of another size", [http2Frame(windowUpdate, 0, 0, Buffer.alloc(5))], 6],
];

describe("a connection ends", () => {
  it.each(broken)("with %s", async (_title, frames, code) => {
    const server = await startSaying([okSettings, ...frames]);
    const { send } = createTestCaller(`http://127.0.0.1:${server.port}`, { retries: { share: 0 } });
    await expect(send()).rejects.toMatchObject({ reason: "MODEL_BAD_ANSWER", unprocessed: false });
    await until(() => server.sockets.every(({ destroyed }) => destroyed));
    expect(lastGoaway(server.heard())).toBe(code);
  });

  it("with a flood of PINGs whose answers it does not read", async () => {
    const { port } = await startTcp((socket) => {
      socket.pause();
      const flood = Buffer.concat([okSettings, ...Array(2000).fill(http2Frame(ping, 0, 0, Buffer.alloc(8)))]);
      socket.write(flood);
    });
    const { send } = createTestCaller(`http://127.0.0.1:${port}`, { retries: { share: 0 } });
    await expect(send()).rejects.toMatchObject({ reason: "MODEL_BAD_ANSWER" });
  });

  it("with a flood of heads for a call that is over", async () => {
    const heads = Array<Buffer>(11_000).fill(http2Frame(headers, endHeaders, 1, okHead));
    const server = await startSaying([...answer, ...heads]);
    expect(await createTestCaller(`http://127.0.0.1:${server.port}`).text()).toBe("answer");
    await until(() => server.sockets.every(({ destroyed }) => destroyed));
    expect(lastGoaway(server.heard())).toBe(11);
  });

  it("with what is not HTTP/2 at all", async () => {
    const { port } = await startSaying([http2Frame(ping, 0, 0, Buffer.alloc(8))]);
    const { send } = createTestCaller(`http://127.0.0.1:${port}`, { retries: { share: 0 } });
    await expect(send()).rejects.toMatchObject({ message: expect.stringContaining("it is not HTTP/2") });
  });
});

/** What comes behind settings, and the code that the stream ends with, on a connection that goes on. */
const refused: readonly (readonly [title: string, frames: readonly Buffer[], code: number])[] = [
  ["a body before its head", [http2Frame(data, endStream, 1, Buffer.from("x"))], 1],
  ["a head without a status", [http2Frame(headers, endHeaders, 1, okTrailers)], 1],
  ["a status that is none", [http2Frame(headers, endHeaders, 1, headerBlock([[":status", "20"]]))], 1],
  ["two heads", [http2Frame(headers, endHeaders, 1, okHead), http2Frame(headers, endHeaders, 1, okHead)], 1],
  ["a head behind its body", [answer[1]!, answer[2]!, http2Frame(headers, endHeaders | endStream, 1, okHead)], 1],
  [
    "an interim answer that ends",
    [http2Frame(headers, endHeaders | endStream, 1, headerBlock([[":status", "103"]]))],
    1,
  ],
  [
    "fewer bytes than it says",
    [
      http2Frame(headers, endHeaders, 1, Buffer.concat([okHead, headerBlock([["content-length", "7"]])])),
      http2Frame(data, endStream, 1, Buffer.from("answer")),
    ],
    1,
  ],
  ["a window that grows by nothing", [http2Frame(windowUpdate, 0, 1, words(0))], 1],
  ["a window that grows too far", [http2Frame(windowUpdate, 0, 1, words(0x7fff_ffff))], 3],
];

describe("a stream ends, and no other", () => {
  it.each(refused)("with %s", async (_title, frames, code) => {
    const server = await startSaying([okSettings, ...frames]);
    const { send } = createTestCaller(`http://127.0.0.1:${server.port}`, { retries: { share: 0 } });
    await expect(send()).rejects.toMatchObject({ reason: "MODEL_BAD_ANSWER", unprocessed: false });
    const reset = http2Frame(rstStream, 0, 1, words(code));
    await until(() => server.heard().includes(reset));
    // What still comes for it is passed over, and the next call goes on the same connection.
    const second = answer
      .slice(1)
      .map((frame) => Buffer.concat([frame.subarray(0, 8), Buffer.from([3]), frame.subarray(9)]));
    const late = [
      answer[2]!,
      answer[4]!,
      http2Frame(rstStream, 0, 1, words(0)),
      http2Frame(windowUpdate, 0, 1, words(9)),
    ];
    const sent = send();
    await until(() => server.heard().lastIndexOf("service/Method") > server.heard().indexOf(reset));
    server.sockets[0]!.write(Buffer.concat([...late, ...second]));
    expect((await sent).size).toBe(6);
    expect(server.sockets.length).toBe(1);
  });
});

it("reads no more in one turn of the event loop than one piece of many small frames", async () => {
  // A socket that Node reads several pieces of in a row.
  const socket = Object.assign(new Duplex({ read() {}, write: (_, __, done) => done() }), { bytesRead: 1 });
  onTestFinished(() => void socket.destroy());
  const connection = new Connection(socket as unknown as Socket, {
    settings() {},
    goaway() {},
    heard() {},
    closed() {},
  });
  let bytes = 0;
  const receiver = { interim() {}, head() {}, data: () => bytes++, trailers() {}, end() {}, broken() {} };
  connection.open("", [], receiver);
  socket.push(Buffer.concat([okSettings, http2Frame(headers, endHeaders, 1, okHead)]));
  await new Promise(setImmediate);

  const piece = Buffer.concat(Array<Buffer>(2000).fill(http2Frame(data, 0, 1, Buffer.from("x"))));
  for (let i = 0; i < 8; i++) socket.push(piece);
  const seen = [bytes];
  while (bytes < 16_000) {
    await new Promise(setImmediate);
    if (bytes > seen.at(-1)!) seen.push(bytes);
  }
  expect(seen).toEqual([2000, 4000, 6000, 8000, 10_000, 12_000, 14_000, 16_000]);
});

const runs = hostileRuns(300);

describe("what a server may send at random", () => {
  it(`ends each of ${runs} calls, in words`, { timeout: 20_000 + runs * 50 }, async () => {
    const dice = createDice(5);
    for (let run = 0; run < runs; run++) {
      const said = Buffer.concat([...answer, ...(dice.below(2) === 0 ? [http2Frame(goaway, 0, 0, words(1, 0))] : [])]);
      const bytes = Buffer.from(said);
      for (let i = 1 + dice.below(4); i > 0; i--) bytes[dice.below(bytes.length)] = dice.below(256);
      const whole = dice.below(3) === 0 ? bytes.subarray(0, dice.below(bytes.length)) : bytes;
      const { port } = await startTcp((socket) => {
        socket.once("data", () => socket.end(whole));
      });
      const { client, send } = createTestCaller(`http://127.0.0.1:${port}`, { retries: { share: 0 } });
      const outcome: unknown = await send().catch((error: unknown) => error);
      if (outcome instanceof Error) {
        expect(outcome, bytes.toString("hex")).toBeInstanceOf(RegistryError);
        expect((outcome as RegistryError).reason, bytes.toString("hex")).toMatch(/^MODEL_(BAD_ANSWER|UNREACHABLE)$/);
      }
      await client.close();
    }
  });
});

/** The code of the last GOAWAY among frames. */
function lastGoaway(bytes: Buffer): number | undefined {
  let code: number | undefined;
  for (let at = 24; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
    if (bytes[at + 3] === goaway) code = bytes.readUInt32BE(at + 13);
  }
  return code;
}
