import { constants, gzip } from "node:zlib";
import { acceptsCoding } from "./accepts.ts";
import type { HttpResponse } from "./http.ts";

/** Below this a compressed answer saves nothing: it fits into one packet as it is. */
const minBytes = 1024;

/** Fast: JSON of models and predictions shrinks to little more than at the best level, for a third of the time. */
const options = { level: constants.Z_BEST_SPEED };

/**
 * Whether an answer is worth compressing, and its caller asks for it. Only gzip is offered: every client that asks for
 * compression knows it.
 */
export function asksForGzip(response: HttpResponse, body: Uint8Array): boolean {
  if (body.byteLength < minBytes || response.req.method === "HEAD") return false;
  return acceptsCoding(response.req.headers["accept-encoding"], "gzip");
}

/** Compresses a body off the event loop. Without success it is handed back as it is. */
export function gzipped(body: Uint8Array, done: (encoding: "gzip" | undefined, body: Uint8Array) => void): void {
  gzip(body, options, (error, compressed) => (error === null ? done("gzip", compressed) : done(undefined, body)));
}
