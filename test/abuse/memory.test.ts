import { readFileSync, writeFileSync } from "node:fs";
import { request as http1Request } from "node:http";
import { connect } from "node:http2";
import { Readable } from "node:stream";
import { beforeAll, describe, expect, it } from "vitest";
import { brotliBomb } from "../../reliability/oversize/brotli-bomb.ts";
import { gzipBomb } from "../../reliability/oversize/gzip-bomb.ts";
import { type HttpVersion, httpVersions } from "../support/http-client.ts";
import { wireFormats } from "../support/raw-rpc.ts";
import { model } from "../support/running-service.ts";
import { abusedService, expectNormalCall } from "./abused-service.ts";

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;
/** A small limit, so that what is held up to it, once or twice, is nothing beside the bound below. */
const maxRequestBytes = MiB;
const tooLarge = /larger than 1048576 bytes/;
const bodyBytes = 256 * MiB;
const pieceBytes = 64 * 1024;
/**
 * What all tests together may make the process take: half of the body, and far less than any bomb becomes. A service that holds
 * neither takes some 50 MiB more than at its start, most of which the collector has yet to come to.
 */
const maxRiseBytes = 128 * MiB;

const abused = abusedService({ env: { MAX_REQUEST_SIZE: "1MiB" } });
/** What the process had before the first test. */
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
      const request = http1Request(abused.service.url + path, { method: "POST", headers, agent: false });
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
    const session = connect(abused.service.url);
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
  const status = readFileSync(`/proc/${abused.service.child.pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** Begins anew to note the most that the process has had. */
function peakFromNow(): void {
  writeFileSync(`/proc/${abused.service.child.pid}/clear_refs`, "5");
}

/** Asserts that the process never held, while something was sent to it, much more than at its start. */
async function expectNoRise(act: () => Promise<void>): Promise<void> {
  peakFromNow();
  await act();
  expect(peakBytes() - firstBytes).toBeLessThan(maxRiseBytes);
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

/** White space is JSON as far as it goes. */
const plainPiece = Buffer.alloc(pieceBytes, 0x20);

/** Of white space, too, and smaller than the limit: what is refused for its own length says nothing of what it becomes. */
const bombs: readonly [string, string, Buffer][] = [
  ["a gzip bomb of 960 MiB", "gzip", gzipBomb(960 * MiB)],
  ["a gzip bomb of 960 MiB that says it is small", "gzip", gzipBomb(960 * MiB, MiB / 2)],
  ["a Brotli bomb of 10 GiB", "br", await brotliBomb(10 * GiB)],
];

function* pieces(bytes: Buffer): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += pieceBytes) yield bytes.subarray(start, start + pieceBytes);
}

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
const surfaces = [...wireFormats, ...rest].map((surface) => ({
  ...surface,
  framed: surface.protocol === "grpc" || surface.protocol === "grpc-web",
  path: surface.protocol === "rest" ? `/v1/models/${model}:predict` : rpc,
}));

describe.runIf(process.platform === "linux")("what is above the limit", () => {
  // One process for all surfaces: what a test makes it take counts for those behind it, too, so that none can hide in it.
  beforeAll(async () => {
    for (let i = 0; i < 20; i++)
      for (const version of httpVersions) await expectNormalCall(abused.service.url, version);
    peakFromNow();
    firstBytes = peakBytes();
  });

  describe.each(surfaces)("over $name", ({ httpVersion, contentType, framed, path }) => {
    it("a body of 256 MiB is refused, and never held", async () => {
      await expectNoRise(async () => {
        const pieces = repeated(bodyBytes / pieceBytes, plainPiece);
        const answer = await upload(httpVersion, {
          path,
          headers: { "content-type": contentType },
          pieces: framed ? enveloped(envelope(false, bodyBytes), pieces) : pieces,
        });
        expect(answer).toMatch(tooLarge);
      });
    });

    it.each(bombs)("%s is refused, and never decompressed", async (_title, encoding, bomb) => {
      expect(bomb.length).toBeLessThan(maxRequestBytes);
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
});
