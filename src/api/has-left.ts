import type { HttpResponse } from "./http.ts";

/** Whether the caller is gone, so that there is nobody to answer. */
export function hasLeft(response: HttpResponse): boolean {
  return response.stream === undefined ? response.destroyed : response.stream.destroyed;
}
