import { TimerAfterTurn } from "../base/timer-after-turn.ts";
import { BodyBuffer } from "./body-buffer.ts";
import type { BodyCount } from "./count-body.ts";
import type { HttpRequest } from "./http.ts";
import { giveWay, waitIfBusy } from "./upload.ts";

/** How large a body may be. */
export interface BodySize {
  /** In bytes; or a function that determines it from the first piece. */
  readonly maxBytes: number | ((begin: Buffer) => number);
  /** Determines from the first piece how many bytes it says that it has; 0 where that is not known. Default: by content-length. */
  readonly declaredBytes?: ((begin: Buffer) => number) | undefined;
}

/** How large a body may be, and how long it may take. */
export interface PlainBodyLimits extends BodySize {
  /** In milliseconds, from now to the last byte; infinite for ever. */
  readonly timeoutMs: number;
}

/** The outcome of reading a body. One of these is called, once. */
export interface PlainBodyOutcome {
  readonly whole: (body: Buffer) => void;
  /** The body is larger than allowed. The rest is unread, and the request is paused. */
  readonly tooLarge: (read: BodyBuffer) => void;
  readonly tooSlow: () => void;
  /** The memory budget has no room for it. The request is paused. */
  readonly noRoom: (error: unknown) => void;
  /** The caller has left before its end. */
  readonly left: (cause?: unknown) => void;
}

/**
 * Reads a whole uncompressed body, and counts its bytes before it keeps them.
 *
 * @param count undefined: they are not counted
 */
export function readPlainBody(
  request: HttpRequest,
  { maxBytes, declaredBytes = () => Number(request.headers["content-length"] ?? 0), timeoutMs }: PlainBodyLimits,
  count: BodyCount | undefined,
  { whole, tooLarge, tooSlow, noRoom, left }: PlainBodyOutcome,
): void {
  const read = new BodyBuffer();
  let mostBytes = typeof maxBytes === "number" ? maxBytes : Number.POSITIVE_INFINITY;
  const stop = (): void => {
    timer.clear();
    request.off("data", onData);
    request.off("end", onEnd);
    request.off("close", onClose);
  };
  const onData = (piece: Buffer): void => {
    const isFirst = read.byteLength === 0;
    if (isFirst && typeof maxBytes !== "number") mostBytes = maxBytes(piece);
    try {
      count?.memory.receive(count.holder, piece.length);
      if (isFirst && count?.holder.writesRecord === true) {
        const bytes = declaredBytes(piece);
        if (bytes > piece.length && bytes <= mostBytes) count.memory.reserve(count.holder, bytes - piece.length);
      }
    } catch (error) {
      stop();
      read.clear();
      request.pause();
      noRoom(error);
      return;
    }
    read.append(piece);
    if (read.byteLength <= mostBytes) {
      // Only bodies of many pieces yield to others; most come in one.
      if (count?.holder.writesRecord === true) waitIfBusy(request);
      else if (!isFirst) giveWay(request, piece);
      return;
    }
    stop();
    request.pause();
    tooLarge(read);
  };
  let isWhole = false;
  // The usual end takes no listeners away: that costs more than they do.
  const onEnd = (): void => {
    timer.clear();
    isWhole = true;
    whole(read.take());
  };
  let cause: unknown;
  // Every request closes; an error, whose stack costs much, is made only for one that breaks off.
  const onClose = (): void => {
    if (isWhole) return;
    stop();
    left(cause);
  };
  const onLate = (): void => {
    stop();
    read.clear();
    request.pause();
    tooSlow();
  };
  // Most bodies come together with their head.
  const timer = new TimerAfterTurn(onLate, timeoutMs);
  request.on("data", onData);
  request.on("end", onEnd);
  request.on("close", onClose);
  request.on("error", (error) => {
    cause = error;
  });
}
