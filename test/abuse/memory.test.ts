import { readFileSync, writeFileSync } from "node:fs";
import { request as http1Request } from "node:http";
import { connect } from "node:http2";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { brotliBomb } from "../../reliability/oversize/brotli-bomb.ts";
import { gzipBomb } from "../../reliability/oversize/gzip-bomb.ts";
import { type ChildService, startChildService } from "../support/child-service.ts";
import { type HttpVersion, httpVersions } from "../support/http-client.ts";
import { wireFormats } from "../support/raw-rpc.ts";
import { model } from "../support/running-service.ts";
import { expectNormalCall } from "./abused-service.ts";

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;
/** What one test may make the process take. */
const maxRiseBytes = 32 * MiB;
/** What all tests of a surface may make it take: less than the body of 64 MiB, and than any bomb becomes. */
const maxTotalRiseBytes = 48 * MiB;
/** Of the default limit, 16 MiB. */
const tooLarge = /larger than 16777216 bytes/;

let service: ChildService;
/** What the process had before the first test of a surface. */
let firstBytes: number;

interface Upload {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly pieces: Iterable<Uint8Array>;
}

/** Sends a body piece by piece, and gives all that comes back as text. The server need not take it to its end. */
function upload(version: HttpVersion, { path, headers, pieces }: Upload): Promise<string> {
  const body = Readable.from(pieces, { objectMode: false, highWaterMark: 64 * 1024 });
  let answer = "";
  const note = (value: object): void => {
    answer += decodeURIComponent(JSON.stringify(value));
  };
  return new Promise((resolve) => {
    if (version === "1.1") {
      const request = http1Request(service.url + path, { method: "POST", headers, agent: false });
      const end = (): void => {
        body.destroy();
        request.destroy();
        resolve(answer);
      };
      request.on("response", (response) => {
        note({ status: response.statusCode, ...response.headers });
        response.on("data", (data: Buffer) => {
          answer += decodeURIComponent(data.toString("latin1").replaceAll(/%(?![\dA-F]{2})/g, "%25"));
        });
        response.on("close", end);
      });
      request.on("error", end);
      body.pipe(request);
      return;
    }
    const session = connect(service.url);
    session.on("error", () => {});
    const stream = session.request({ ":method": "POST", ":path": path, ...headers });
    stream.on("error", () => {});
    let awaitsTrailers = false;
    stream.on("response", (head) => {
      note(head);
      awaitsTrailers = /^application\/grpc(\+|$)/.test(`${head["content-type"]}`) && head["grpc-status"] === undefined;
    });
    stream.on("data", (data: Buffer) => {
      answer += decodeURIComponent(data.toString("latin1").replaceAll(/%(?![\dA-F]{2})/g, "%25"));
    });
    const end = (): void => {
      body.destroy();
      session.destroy();
      resolve(answer);
    };
    stream.on("trailers", (trailers) => {
      note(trailers);
      end();
    });
    stream.on("end", () => {
      if (!awaitsTrailers) end();
    });
    // Node's client never closes a stream that was reset without an error while it still had something to send.
    stream.on("close", end);
    body.pipe(stream);
  });
}

/** The most that the process has had in memory since it was last asked, in bytes (proc(5)). */
function peakBytes(): number {
  const status = readFileSync(`/proc/${service.child.pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** Begins anew to note the most that the process has had. Gives what it has now, in bytes. */
function peakFromNow(): number {
  writeFileSync(`/proc/${service.child.pid}/clear_refs`, "5");
  return peakBytes();
}

/** Asserts that the process never held much more, while something was sent to it, than before, and that it still serves. */
async function expectNoRise(act: () => Promise<void>): Promise<void> {
  const before = peakFromNow();
  await act();
  const most = peakBytes();
  expect(most - before).toBeLessThan(maxRiseBytes);
  expect(most - firstBytes).toBeLessThan(maxTotalRiseBytes);
  for (const version of httpVersions) await expectNormalCall(service.url, version);
}

/** The head of an envelope: a flag for compression, and a length. */
function envelope(compressed: boolean, length: number): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(compressed ? 1 : 0);
  head.writeUInt32BE(length, 1);
  return head;
}

function* repeated(count: number, piece: Uint8Array): Generator<Uint8Array> {
  for (let i = 0; i < count; i++) yield piece;
}

/** 64 MiB of white space, which is JSON as far as it goes. */
const plainPieces = 1024;
const plainPiece = Buffer.alloc((64 * MiB) / plainPieces, 0x20);

/** 10 GiB of white space, in little. */
const bombs: readonly [string, string, Buffer][] = [
  ["a gzip bomb of 10 GiB", "gzip", gzipBomb(10 * GiB)],
  ["a gzip bomb of 10 GiB that says it is small", "gzip", gzipBomb(10 * GiB, MiB)],
  ["a Brotli bomb of 10 GiB", "br", await brotliBomb(10 * GiB)],
];

function* pieces(bytes: Buffer): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += pieceBytes) yield bytes.subarray(start, start + pieceBytes);
}
const pieceBytes = 64 * 1024;

function* enveloped(head: Buffer, pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  yield head;
  yield* pieces;
}

const rpc = "/kserve.registry.v1.ModelRegistry/Predict";
const rest = httpVersions.map((httpVersion) => ({
  name: `rest/${httpVersion}`,
  protocol: "rest" as const,
  httpVersion,
  contentType: "application/json",
}));
const surfaces = [...wireFormats, ...rest].map((surface, index) => ({
  ...surface,
  // Each starts a process: one bomb for each surface in turn, and all of them by `npm run test:memory`.
  bombs: process.env.ALL_BOMBS === undefined ? bombs.slice(index % bombs.length).slice(0, 1) : bombs,
  framed: surface.protocol === "grpc" || surface.protocol === "grpc-web",
  path: surface.protocol === "rest" ? `/v1/models/${model}:predict` : rpc,
}));

describe.runIf(process.platform === "linux").each(surfaces)("over $name", { timeout: 60_000 }, (surface) => {
  const { httpVersion, contentType, framed, path } = surface;

  // A process for each surface: what its tests make it take counts together, so that none can hide in what another took.
  beforeAll(async () => {
    service = await startChildService();
    for (let i = 0; i < 20; i++) for (const version of httpVersions) await expectNormalCall(service.url, version);
    firstBytes = peakFromNow();
  });
  afterAll(() => service.close());

  it("a body of 64 MiB is refused, and never held", async () => {
    await expectNoRise(async () => {
      const pieces = repeated(plainPieces, plainPiece);
      const answer = await upload(httpVersion, {
        path,
        headers: { "content-type": contentType },
        pieces: framed ? enveloped(envelope(false, 64 * MiB), pieces) : pieces,
      });
      expect(answer).toMatch(tooLarge);
    });
  });

  it.each(surface.bombs)("%s is refused, and never decompressed", async (_title, encoding, bomb) => {
    expect(bomb.length).toBeLessThan(16 * MiB);
    await expectNoRise(async () => {
      const answer = await upload(httpVersion, {
        path,
        headers: { "content-type": contentType, [framed ? "grpc-encoding" : "content-encoding"]: encoding },
        pieces: framed ? enveloped(envelope(true, bomb.length), pieces(bomb)) : pieces(bomb),
      });
      expect(answer).toMatch(tooLarge);
    });
  });
});
