import { constants, gzip } from "node:zlib";
import { acceptsCoding } from "./accepts.ts";
import { BodyBuffer } from "./body-buffer.ts";
import { type BodyLimits, callerLeft, requestLimit, type SizeLimit, tooLarge, tooSlow } from "./body-limits.ts";
import { type BodyCount, countPieces } from "./count-body.ts";
import { type ContentEncoding, decompress, isContentEncoding } from "./decompress.ts";
import type { HttpRequest, HttpResponse } from "./http.ts";
import { readPlainBody } from "./plain-body.ts";
import { uploadOf } from "./upload.ts";

/** An INVALID_REQUEST for which an HTTP status says more than 400: 404, 405, 415. */
export class HttpError extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = "HttpError";
    this.status = status;
    this.headers = headers;
  }
}

/**
 * Reads a body to its end, and decompresses it on the way.
 *
 * @throws RegistryError REQUEST_TOO_SLOW when it takes too long
 * @throws RegistryError INVALID_REQUEST when it is not compressed the way it says
 * @throws RegistryError SERVER_OVERLOADED when there is no room for it
 * @throws RegistryError REQUEST_TOO_LARGE above the limit, before or after decompression
 * @throws HttpError 415 for an unknown content-encoding
 */
export function readBody(
  request: HttpRequest,
  limits: BodyLimits,
  counted: BodyCount,
  limit: SizeLimit = requestLimit(limits),
): Promise<Uint8Array> {
  if (Number(request.headers["content-length"] ?? 0) > limit.maxBytes) throw tooLarge(limit);
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding === "identity") return readPlain(request, limits, counted, limit);
  if (isContentEncoding(encoding)) return readCompressed(request, encoding, limits, counted, limit);
  throw new HttpError(415, `content-encoding ${encoding.slice(0, 40)} is not known; use gzip, deflate, br or none`, {
    "accept-encoding": "gzip, deflate, br",
  });
}

async function readCompressed(
  request: HttpRequest,
  encoding: ContentEncoding,
  { bodyTimeoutMs }: BodyLimits,
  counted: BodyCount,
  limit: SizeLimit,
): Promise<Buffer> {
  const upload = uploadOf(request, { timeoutMs: bodyTimeoutMs, error: () => tooSlow(bodyTimeoutMs) });
  const buffer = new BodyBuffer();
  for await (const piece of countPieces(decompress(upload, encoding, limit), counted)) buffer.append(piece);
  return buffer.take();
}

function readPlain(
  request: HttpRequest,
  { bodyTimeoutMs: timeoutMs }: BodyLimits,
  counted: BodyCount,
  limit: SizeLimit,
): Promise<Buffer> {
  const { maxBytes } = limit;
  return new Promise((resolve, reject) => {
    readPlainBody(request, { maxBytes, timeoutMs }, counted, {
      whole: resolve,
      tooLarge(read) {
        read.clear();
        reject(tooLarge(limit));
      },
      tooSlow: () => reject(tooSlow(timeoutMs)),
      noRoom: reject,
      left: (cause) => reject(callerLeft(cause)),
    });
  });
}

/** Sends a JSON value. */
export function sendJson(
  response: HttpResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  sendBytes(response, status, Buffer.from(JSON.stringify(value)), { "content-type": "application/json", ...headers });
}

/** Says that an answer depends on a header of its request. */
export function addVary(response: HttpResponse, header: string): void {
  const vary = response.getHeader("vary");
  response.setHeader("vary", vary === undefined ? header : `${vary}, ${header}`);
}

/**
 * Sends bytes, compressed where the caller accepts it and it saves anything. A HEAD request is only sent their length.
 */
export function sendBytes(
  response: HttpResponse,
  status: number,
  body: Uint8Array,
  headers: Readonly<Record<string, string>>,
): void {
  if (response.destroyed || response.headersSent) return;
  response.statusCode = status;
  for (const name in headers) response.setHeader(name, headers[name]!);
  if (!asksForGzip(response, body)) {
    endWith(response, body);
    return;
  }
  addVary(response, "accept-encoding");
  gzipped(body, (encoding, content) => {
    if (response.destroyed) return;
    if (encoding !== undefined) response.setHeader("content-encoding", encoding);
    endWith(response, content);
  });
}

/** Ends an answer, whose head is already set, with its content. A HEAD request is only sent the length. */
export function endWith(response: HttpResponse, body: Uint8Array): void {
  response.setHeader("content-length", body.byteLength);
  if (response.req.method === "HEAD") response.end();
  else response.end(body);
}

/** Below this compression saves nothing: the answer fits into one packet anyway. */
const minBytes = 1024;

/** Fast: JSON of models and predictions shrinks to little more than at the best level, for a third of the time. */
const options = { level: constants.Z_BEST_SPEED };

/**
 * Whether an answer is worth compressing, and its caller asks for it. Only gzip is offered: every client that asks for
 * compression knows it.
 */
function asksForGzip(response: HttpResponse, body: Uint8Array): boolean {
  if (body.byteLength < minBytes || response.req.method === "HEAD") return false;
  return acceptsCoding(response.req.headers["accept-encoding"], "gzip");
}

/** Compresses a body off the event loop. When that fails, the body is returned as it is. */
function gzipped(body: Uint8Array, done: (encoding: "gzip" | undefined, body: Uint8Array) => void): void {
  gzip(body, options, (error, compressed) => (error === null ? done("gzip", compressed) : done(undefined, body)));
}
