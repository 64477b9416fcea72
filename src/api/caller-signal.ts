import type { HttpResponse } from "./http.ts";

/** A signal that is aborted when the caller leaves before its answer is complete. */
export function callerSignal(response: HttpResponse): AbortSignal {
  const left = new AbortController();
  response.once("close", () => {
    // Every response closes. The error of a signal, whose stack costs much, is made only for callers that have left.
    if (!response.writableEnded) left.abort();
  });
  return left.signal;
}
