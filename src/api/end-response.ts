import { asBuffer } from "../base/as-buffer.ts";
import type { HttpResponse } from "./http.ts";

/** Above this a copy costs more than it saves. */
const maxJoinedBytes = 16 * 1024;

/** Sends the content of an answer, and ends it. Its head must be set. */
export function endResponse(response: HttpResponse, content: Uint8Array): void {
  if (response.stream !== undefined || content.byteLength > maxJoinedBytes) {
    response.end(content);
    return;
  }
  // Over HTTP/1.1 Node joins a head with content that is text, and gives the system one piece instead of two. One
  // character stands for one byte.
  response.end(asBuffer(content).toString("latin1"), "latin1");
}
