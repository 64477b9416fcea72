import { constants, type ServerHttp2Stream } from "node:http2";
import { freePiece } from "../base/free-piece.ts";
import { yieldIfBusy } from "../base/yield-if-busy.ts";
import { callerLeft } from "./body-limits.ts";
import { type Http2Request, type HttpRequest, type HttpResponse, resetStream } from "./http.ts";

/**
 * How long the rest of an upload is read after its answer, in milliseconds, so that the caller gets to read the answer.
 */
const lingerMs = 1000;

/** How much of it is read: beyond that, the stream is reset, without harm to its answer or its connection. */
const lingerBytes = 1024 * 1024;

/**
 * The delay between an answer and the reset of its stream, in milliseconds: Node's clients lose trailers that they read
 * together with the reset.
 */
const resetDelayMs = 100;

/** Pieces smaller than this cost more to handle than their content. */
const smallPieceBytes = 1024;

/** How long an upload may take. */
export interface UploadLimit {
  readonly timeoutMs: number;
  /** Whether the limit applies to each piece, as for streams that wait for answers in between. Default: false. */
  readonly eachPiece?: boolean;
  /** The error when it takes longer. */
  readonly error: () => Error;
}

/**
 * The body of a request, to be read once and not necessarily to its end. Without a limit it may take any time. Fails with
 * CALLER_LEFT where the caller leaves before its end: readers can learn of that before handlers do.
 *
 * A reader that stops reading a Node stream destroys it. This one leaves the request alive, so that the rest can be
 * drained after the answer.
 */
export function uploadOf(request: HttpRequest, limit?: UploadLimit): AsyncIterable<Buffer> {
  const upload = gathered(request.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>);
  return limit === undefined ? upload : inTime(upload, limit);
}

/**
 * When small pieces keep the event loop busy for long, the next one is read in the next turn: by then Node has joined
 * what has arrived.
 */
async function* gathered(upload: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    for await (const piece of upload) {
      yield piece;
      const pause = piece.byteLength < smallPieceBytes ? yieldIfBusy() : undefined;
      if (pause !== undefined) await pause;
    }
  } catch (error) {
    throw callerLeft(error);
  }
}

async function* inTime(upload: AsyncIterator<Buffer>, limit: UploadLimit): AsyncGenerator<Buffer> {
  let late: Error | undefined;
  // Racing each piece against one promise for the whole upload would leak a reaction for every piece.
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
 * Reads and drops the rest of an HTTP/2 upload for a while after it has been answered. If it goes on for longer, its
 * stream is reset: a body that is too large is not read to its end. Over HTTP/1.1 the connection does this.
 */
export function endUploadAfterAnswer(request: HttpRequest, response: HttpResponse): void {
  const { stream } = response;
  if (stream === undefined) return;
  // A reset drops the part of an answer that is still queued, so it has to wait until the answer has been sent.
  response.on("finish", () => {
    if (!request.complete) drain(request as Http2Request, () => resetSoon(request, stream));
  });
}

function resetSoon(request: HttpRequest, stream: ServerHttp2Stream): void {
  setTimeout(() => {
    stream.close(constants.NGHTTP2_NO_ERROR);
    // Node keeps a stream open, and its call under way, as long as it has unread bytes.
    request.resume();
  }, resetDelayMs).unref();
}

/**
 * Drops the meaningless body of a request that only queries, and yields to others as with any body. A caller that sends
 * more than such a request may have, or takes longer than a body may, is disconnected.
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
    else resetStream(response.stream, constants.NGHTTP2_ENHANCE_YOUR_CALM);
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

/** Yields to others when an upload arrives in so many small pieces that it alone keeps the event loop busy. */
export function giveWay(request: HttpRequest, piece: Uint8Array): void {
  if (piece.byteLength < smallPieceBytes) waitIfBusy(request);
}

/**
 * Reads no more of an upload in this turn of the event loop if the turn has been long. For uploads that are less urgent
 * than predictions, whatever the size of their pieces: dozens that arrive at once would all be read in one turn.
 */
export function waitIfBusy(request: HttpRequest): void {
  if (request.isPaused()) return;
  const pause = yieldIfBusy();
  if (pause === undefined) return;
  request.pause();
  void pause.then(() => request.resume());
}

function drain(request: Http2Request, giveUp: () => void): void {
  // A reader that has not finished would hold it up. It gets nothing more, and ends with the stream.
  request.stopIterators();
  let taken = 0;
  const onData = (chunk: Buffer): void => {
    taken += chunk.length;
    if (taken <= lingerBytes) {
      freePiece(chunk);
      waitIfBusy(request);
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
