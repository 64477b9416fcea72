import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";

/** A request, of HTTP/1.1 or of HTTP/2. */
export type HttpRequest = IncomingMessage | Http2ServerRequest;

/** Its response. */
export type HttpResponse = (ServerResponse & { readonly stream?: undefined }) | Http2ServerResponse;

/** One handler serves both versions. */
export type RequestHandler = (request: HttpRequest, response: HttpResponse) => void;

/** Whether the caller is gone, so that there is nobody to answer. */
export function hasLeft(response: HttpResponse): boolean {
  return response.stream === undefined ? response.destroyed : response.stream.destroyed;
}

/** Ends an answer in the middle, so that its caller cannot take it for whole. */
export function breakOff(response: HttpResponse): void {
  if (response.stream === undefined) response.destroy();
  else response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
}

/** Resolves when more can be written, or nothing more need be. */
export function drained(response: HttpResponse): Promise<void> {
  // What is destroyed says so once, and may have done so already.
  if (response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.on("drain", done);
    response.on("close", done);
  });
}

/** A signal that is aborted when the caller leaves before its answer is complete. */
export function callerSignal(response: HttpResponse): AbortSignal {
  const left = new AbortController();
  response.once("close", () => {
    // Every response closes. The error of a signal, whose stack costs much, is made only for callers that have left.
    if (!response.writableEnded) left.abort();
  });
  return left.signal;
}
