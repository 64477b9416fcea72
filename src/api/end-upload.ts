import { constants } from "node:http2";
import type { Socket } from "node:net";
import type { HttpRequest, HttpResponse } from "./http.ts";

/** How long what is left of an upload is taken after its answer, so that the caller gets to read the answer. */
const lingerMs = 1000;

/** Ends an upload that goes on although it has been answered: one that is too large is not read to its end. */
export function endUploadAfterAnswer(request: HttpRequest, response: HttpResponse): void {
  const { stream } = response;
  if (stream === undefined) {
    response.once("finish", () => endConnectionLater(request));
    return;
  }
  // What is queued of an answer is dropped by a reset, so that has to wait until the answer is out.
  stream.once("wantTrailers", () => {
    if (request.complete) return;
    request.resume();
    const timer = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), lingerMs);
    timer.unref();
    stream.once("close", () => clearTimeout(timer));
  });
}

function endConnectionLater(request: HttpRequest): void {
  if (request.complete) return;
  request.resume();
  // Node has let go of the socket by now where the connection is kept for further requests.
  const socket = request.socket as Socket | null;
  if (socket === null || socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  timer.unref();
  request.once("end", () => clearTimeout(timer));
}
