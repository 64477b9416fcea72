import { constants, type ServerHttp2Stream } from "node:http2";
import { freePiece } from "../base/free-piece.ts";
import { yieldIfBusy } from "../base/yield-if-busy.ts";
import type { Http2Request, HttpRequest, HttpResponse } from "./http.ts";

/** How long what is left of an upload is taken after its answer, so that the caller gets to read the answer. */
const lingerMs = 1000;

/** How much of it: a stream can be reset without harm to its answer or to its connection. */
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
 * Who stops reading a Node stream destroys it. So this leaves the request alive, for what is left of it to be drained behind its
 * answer.
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
 * Takes what is left of an upload over HTTP/2 once it has been answered, for a while, and drops it. A caller that goes on for
 * longer loses its stream: a body that is too large is not read to its end. Over HTTP/1.1 its connection does so.
 */
export function endUploadAfterAnswer(request: HttpRequest, response: HttpResponse): void {
  const { stream } = response;
  if (stream === undefined) return;
  // What is queued of an answer is dropped by a reset, so that has to wait until the answer is out.
  response.on("finish", () => {
    if (!request.complete) drain(request as Http2Request, () => resetSoon(request, stream));
  });
}

function resetSoon(request: HttpRequest, stream: ServerHttp2Stream): void {
  setTimeout(() => {
    stream.close(constants.NGHTTP2_NO_ERROR);
    // Node holds a stream for open, and its call for under way, as long as it has bytes that nobody has read.
    request.resume();
  }, resetDelayMs).unref();
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
      const stop = (): void => clearTimeout(timer);
      request.once("end", stop);
      request.once("close", stop);
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

function drain(request: Http2Request, giveUp: () => void): void {
  // A reader that is left would hold it up. It is notified at the end.
  request.stopIterators();
  let taken = 0;
  const onData = (chunk: Buffer): void => {
    taken += chunk.length;
    if (taken <= lingerBytes) {
      freePiece(chunk);
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
    if (!request.complete) giveUp();
  }, lingerMs);
  timer.unref();
  const stop = (): void => clearTimeout(timer);
  request.once("end", stop);
  request.once("close", stop);
}
