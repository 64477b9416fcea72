import { promisify } from "node:util";
import zlib from "node:zlib";
import type { BytesHolder, MemoryBudget } from "../registry/memory-budget.ts";
import { RegistryError } from "../registry/registry-error.ts";
import { endResponse } from "./end-response.ts";
import { saysTooLarge } from "./gzip.ts";
import type { HttpRequest, HttpResponse } from "./http.ts";

/** An INVALID_REQUEST that no REST route can take, with an HTTP status that says more than 400: 404, 405, 415. */
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

/** Where the bytes of a body are counted, and for which call. */
export interface Counted {
  readonly memory: MemoryBudget;
  readonly holder: BytesHolder;
}

/** How large a body may be, and how long it may take. */
export interface BodyLimits {
  readonly maxRequestBytes: number;
  /** From the head of the request to the end of its body, in milliseconds. */
  readonly bodyTimeoutMs: number;
}

/**
 * Reads a body to its end, and decompresses it.
 *
 * @throws RegistryError REQUEST_TOO_SLOW when it takes too long
 * @throws RegistryError SERVER_OVERLOADED when there is no room for it
 * @throws RegistryError REQUEST_TOO_LARGE above the limit, before or after decompression
 * @throws HttpError 415 for an unknown content-encoding, 400 for a broken one
 */
export async function readBody(request: HttpRequest, limits: BodyLimits, counted: Counted): Promise<Uint8Array> {
  const maxBytes = limits.maxRequestBytes;
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const raw = await readRaw(request, limits, counted);
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding === "identity") return raw;
  const decompress = decompressors.get(encoding);
  if (decompress === undefined) {
    throw new HttpError(415, `content-encoding ${encoding.slice(0, 40)} is not known; use gzip, br or none`, {
      "accept-encoding": "gzip, br",
    });
  }
  if (encoding === "gzip" && saysTooLarge(raw, maxBytes)) throw tooLarge(maxBytes);
  try {
    const body = await decompress(raw, { maxOutputLength: maxBytes });
    counted.memory.takeAtLeast(counted.holder, body.byteLength);
    return body;
  } catch (error) {
    if (error instanceof RegistryError) throw error;
    if ((error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(maxBytes);
    throw new HttpError(400, `the body is not valid ${encoding}`);
  }
}

const decompressors: ReadonlyMap<string, (data: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>> =
  new Map([
    ["gzip", promisify(zlib.gunzip)],
    ["br", promisify(zlib.brotliDecompress)],
  ]);

function readRaw(request: HttpRequest, limits: BodyLimits, { memory, holder }: Counted): Promise<Buffer> {
  const { maxRequestBytes, bodyTimeoutMs } = limits;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let complete = false;
    const refuse = (error: unknown): void => {
      clearTimeout(timer);
      chunks.length = 0;
      request.off("data", onData);
      request.pause();
      reject(error);
    };
    const timer = setTimeout(() => refuse(tooSlow(bodyTimeoutMs)), bodyTimeoutMs);
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > maxRequestBytes) {
        refuse(tooLarge(maxRequestBytes));
        return;
      }
      try {
        memory.take(holder, chunk.length);
      } catch (error) {
        refuse(error);
        return;
      }
      chunks.push(chunk);
    };
    request.on("data", onData);
    request.on("end", () => {
      clearTimeout(timer);
      complete = true;
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size));
    });
    // Every request closes; an error, whose stack costs much, is made only for one that breaks off.
    const left = (cause?: unknown): void => {
      clearTimeout(timer);
      if (complete) return;
      reject(new RegistryError("CALLER_LEFT", "The caller left before its request was complete", { cause }));
    };
    request.on("error", left);
    request.on("close", left);
  });
}

/** The error for a message above the limit. */
export function tooLarge(maxBytes: number): RegistryError {
  return new RegistryError(
    "REQUEST_TOO_LARGE",
    `The request body is larger than ${maxBytes} bytes (MAX_REQUEST_SIZE); send fewer instances at a time`,
  );
}

/** The error for a body that takes too long. */
export function tooSlow(timeoutMs: number): RegistryError {
  return new RegistryError(
    "REQUEST_TOO_SLOW",
    `The request body was not complete after ${timeoutMs} ms (BODY_TIMEOUT); send it faster, or in smaller parts`,
  );
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

/** Sends bytes. To a HEAD request only their length is sent. */
export function sendBytes(
  response: HttpResponse,
  status: number,
  body: Uint8Array,
  headers: Readonly<Record<string, string>>,
): void {
  if (response.destroyed || response.headersSent) return;
  response.statusCode = status;
  for (const name in headers) response.setHeader(name, headers[name]!);
  response.setHeader("content-length", body.byteLength);
  if (response.req.method === "HEAD") response.end();
  else endResponse(response, body);
}
