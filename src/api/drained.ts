import type { HttpResponse } from "./http.ts";

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
