import { TimerAfterTurn } from "../base/timer-after-turn.ts";
import { BodyBuffer } from "./body-buffer.ts";
import type { BodyCount } from "./count-body.ts";
import type { HttpRequest } from "./http.ts";
import { giveWay } from "./upload.ts";

/** How much a body may be, and how long it may take. */
export interface PlainBodyLimits {
  /** In bytes; or a function that says it by the first piece that comes. */
  readonly maxBytes: number | ((begin: Buffer) => number);
  /** In milliseconds, from now to the last byte; infinite for ever. */
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

/**
 * Reads a body that is not compressed to its end, and counts its bytes before it keeps them.
 *
 * @param count undefined: nobody counts
 */
export function readPlainBody(
  request: HttpRequest,
  { maxBytes, timeoutMs }: PlainBodyLimits,
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
    try {
      count?.memory.receive(count.holder, piece.length);
    } catch (error) {
      stop();
      read.clear();
      request.pause();
      noRoom(error);
      return;
    }
    const isFirst = read.byteLength === 0;
    if (isFirst && typeof maxBytes !== "number") mostBytes = maxBytes(piece);
    read.append(piece);
    if (read.byteLength <= mostBytes) {
      // Most bodies come in one piece: it is only those of many that others go before.
      if (!isFirst) giveWay(request, piece);
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
