import { constants } from "node:http2";
import type { HttpResponse } from "./http.ts";

/** Ends an answer in the middle, so that its caller cannot take it for whole. */
export function breakOff(response: HttpResponse): void {
  if (response.stream === undefined) response.destroy();
  else response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
}
