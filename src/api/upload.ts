import { constants } from "node:http2";
import { yieldIfBusy } from "../base/yield-if-busy.ts";
import type { HttpRequest, HttpResponse } from "./http.ts";

/** How long what is left of an upload is taken after its answer, so that the caller gets to read the answer. */
const lingerMs = 1000;

/** How much of it is taken over HTTP/2, where a stream can be reset without harm to its answer or to its connection. */
const lingerBytes = 1024 * 1024;

/** Between an answer and the reset of its stream: Node's clients lose trailers that come in one read with the reset. */
const resetDelayMs = 100;

/** Smaller pieces cost more time than they hold. */
const smallPieceBytes = 1024;

/** How long an upload may take. */
export interface UploadLimit {
  readonly timeoutMs: number;
  /** Whether it may take so long for each piece, as one does that answers are waited for in between. Default: false. */
  readonly eachPiece?: boolean;
  /** What it ends with when it takes longer. */
  readonly error: () => Error;
}

/**
 * The body of a request, to be read once and not necessarily to its end. Without a limit it may take for ever.
 *
 * Who stops reading a Node stream destroys it. A destroyed HTTP/1.1 request takes nothing more from its socket, which
 * then stays paused for good, and the next request of that connection is never seen. So this leaves the request alive,
 * for `endUploadAfterAnswer` to drain.
 */
export function uploadOf(request: HttpRequest, limit?: UploadLimit): AsyncIterable<Buffer> {
  const upload = gathered(request.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>);
  return limit === undefined ? upload : inTime(upload, limit);
}

/**
 * Once small pieces keep the event loop busy for long, the next piece is asked for in the next turn: Node hands out as
 * one what has come by then.
 */
async function* gathered(upload: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const piece of upload) {
    yield piece;
    const pause = piece.byteLength < smallPieceBytes ? yieldIfBusy() : undefined;
    if (pause !== undefined) await pause;
  }
}

async function* inTime(upload: AsyncIterator<Buffer>, limit: UploadLimit): AsyncGenerator<Buffer> {
  let late: Error | undefined;
  // A race against one promise of the whole upload would keep something for every piece.
  let giveUp = (_error: Error): void => {};
  const timer = setTimeout(() => {
    late = limit.error();
    giveUp(late);
  }, limit.timeoutMs);
  try {
    for (;;) {
      if (late !== undefined) throw late;
      const next = await new Promise<IteratorResult<Buffer>>((resolve, reject) => {
        giveUp = reject;
        upload.next().then(resolve, reject);
      });
      if (next.done === true) return;
      yield next.value;
      if (limit.eachPiece === true) timer.refresh();
    }
  } finally {
    clearTimeout(timer);
    upload.return?.().catch(() => {});
  }
}

/**
 * Takes what is left of an upload once it has been answered, for a while, and drops it. A caller that goes on for longer
 * loses its stream, or over HTTP/1.1 its connection: a body that is too large is not read to its end.
 */
export function endUploadAfterAnswer(request: HttpRequest, response: HttpResponse): void {
  const { stream } = response;
  if (stream === undefined) {
    // When the answer is out, Node has let go of the socket.
    const { socket } = request;
    const close = (): void => {
      socket.destroy();
    };
    response.on("prefinish", () => {
      if (request.complete) return;
      // Else Node would drop what nobody has begun to read, and leave its memory to the collector.
      request.read(0);
      if (!response.shouldKeepAlive) {
        // Node closes such a connection as soon as the answer is out. With bytes of the upload unread that is a reset,
        // which can reach the caller before the answer.
        socket.destroySoon = () => {
          socket.end();
          request.once("end", close);
        };
      }
      response.once("finish", () => drain(request, Number.POSITIVE_INFINITY, close));
    });
  } else {
    const reset = (): void => {
      setTimeout(() => {
        stream.close(constants.NGHTTP2_NO_ERROR);
        // Node holds a stream for open, and its call for under way, as long as it has bytes that nobody has read.
        request.resume();
      }, resetDelayMs).unref();
    };
    // What is queued of an answer is dropped by a reset, so that has to wait until the answer is out.
    let isOut = false;
    const onOut = (): void => {
      if (isOut) return;
      isOut = true;
      drain(request, lingerBytes, reset);
    };
    // Node keeps a stream that is over until all memory is searched, and whatever its listeners hold: the whole call here.
    stream.once("wantTrailers", onOut);
    // An answer of trailers alone has no trailers to come.
    stream.once("finish", onOut);
  }
}

/**
 * Drops a body that means nothing as it comes, and gives way to others as bodies do that mean something. Who sends more than
 * fits into a request that only asks, or takes longer for it than a body may, is cut off.
 */
export function dropBody(
  request: HttpRequest,
  response: HttpResponse,
  { maxBytes, timeoutMs }: { readonly maxBytes: number; readonly timeoutMs: number },
): void {
  let taken = 0;
  let timer: NodeJS.Timeout | undefined;
  const cut = (): void => {
    if (response.stream === undefined) request.socket.destroy();
    else response.stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  };
  request.on("data", (piece: Buffer) => {
    if (timer === undefined) {
      timer = setTimeout(cut, timeoutMs).unref();
      for (const event of ["end", "close"]) request.once(event, () => clearTimeout(timer));
    }
    taken += piece.byteLength;
    if (taken > maxBytes) cut();
    else giveWay(request, piece);
  });
}

/** Lets others go first when an upload comes in so many small pieces that it alone keeps the event loop busy. */
export function giveWay(request: HttpRequest, piece: Uint8Array): void {
  if (piece.byteLength >= smallPieceBytes || request.isPaused()) return;
  const pause = yieldIfBusy();
  if (pause === undefined) return;
  request.pause();
  void pause.then(() => request.resume());
}

/**
 * Gives the memory of a piece back at once. The collector takes its time for what lies outside of the heap, and an upload
 * comes in faster. A piece that shares its memory is left alone.
 */
function free({ buffer, byteLength }: Buffer<ArrayBuffer>): void {
  if (buffer.byteLength === byteLength) buffer.transfer(0);
}

function drain(request: HttpRequest, maxBytes: number, giveUp: () => void): void {
  if (request.complete) return;
  // A reader that is left would hold it up. It is notified at the end.
  request.removeAllListeners("readable");
  let taken = 0;
  const onData = (chunk: Buffer<ArrayBuffer>): void => {
    taken += chunk.length;
    if (taken <= maxBytes) {
      free(chunk);
      giveWay(request, chunk);
      return;
    }
    request.off("data", onData);
    request.pause();
    giveUp();
  };
  request.on("data", onData);
  request.resume();
  const timer = setTimeout(() => {
    // Behind a complete request, the connection may be at the next one.
    if (!request.complete) giveUp();
  }, lingerMs);
  timer.unref();
  const stop = (): void => clearTimeout(timer);
  request.once("end", stop);
  request.once("close", stop);
}
