import { BodyBuffer } from "./body-buffer.ts";
import type { BodyCount } from "./count-body.ts";
import type { HttpRequest } from "./http.ts";
import { giveWay } from "./upload.ts";

/** How much a body may be, and how long it may take. */
export interface PlainBodyLimits {
  readonly maxBytes: number;
  /** In milliseconds, from now to the last byte. */
  readonly timeoutMs: number;
}

/** What comes of a body. One of these is called, once. */
export interface PlainBodyOutcome {
  readonly whole: (body: Buffer) => void;
  /** More has come than it may be. The rest is unread, and the request paused. */
  readonly tooLarge: (read: BodyBuffer) => void;
  readonly tooSlow: () => void;
  /** The memory budget has no room for it. The request is paused. */
  readonly noRoom: (error: unknown) => void;
  /** The caller has left before its end. */
  readonly left: (cause?: unknown) => void;
}

/** Reads a body that is not compressed to its end, and counts its bytes before it keeps them. */
export function readPlainBody(
  request: HttpRequest,
  { maxBytes, timeoutMs }: PlainBodyLimits,
  { memory, holder }: BodyCount,
  { whole, tooLarge, tooSlow, noRoom, left }: PlainBodyOutcome,
): void {
  const read = new BodyBuffer();
  const stop = (): void => {
    clearTimeout(timer);
    request.off("data", onData);
    request.off("end", onEnd);
    request.off("close", onClose);
  };
  const onData = (piece: Buffer): void => {
    try {
      memory.receive(holder, piece.length);
    } catch (error) {
      stop();
      read.clear();
      request.pause();
      noRoom(error);
      return;
    }
    read.append(piece);
    if (read.byteLength <= maxBytes) {
      giveWay(request, piece);
      return;
    }
    stop();
    request.pause();
    tooLarge(read);
  };
  const onEnd = (): void => {
    stop();
    whole(read.take());
  };
  let cause: unknown;
  // Every request closes; an error, whose stack costs much, is made only for one that breaks off.
  const onClose = (): void => {
    stop();
    left(cause);
  };
  const timer = setTimeout(() => {
    stop();
    read.clear();
    request.pause();
    tooSlow();
  }, timeoutMs);
  request.on("data", onData);
  request.on("end", onEnd);
  request.on("close", onClose);
  request.on("error", (error) => {
    cause = error;
  });
}
