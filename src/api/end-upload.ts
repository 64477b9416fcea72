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
  // The end of an answer goes out with its trailers, even where there are none; a reset before it would cut it off.
  stream.once("wantTrailers", () =>
    setImmediate(() => {
      if (request.complete || stream.closed) return;
      stream.close(constants.NGHTTP2_NO_ERROR);
      // What has arrived already is in the way of the stream's end.
      request.resume();
    }),
  );
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
