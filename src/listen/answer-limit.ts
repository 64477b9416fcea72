import { constants } from "node:http2";
import type { Socket } from "node:net";
import type { HttpResponse, RequestHandler } from "../api/http.ts";
import { yieldIfBusy } from "../base/yield-if-busy.ts";

/** Something that holds bytes until the other side takes them. */
interface Holder {
  /** How many bytes wait. */
  readonly bytes: () => number;
  /** Whether no more come, so that all of them have to be taken in time. */
  readonly isComplete: () => boolean;
  /** @param again whether it has been cut before, which has not helped */
  readonly cut: (again: boolean) => void;
}

/** What was found when it was last looked at. */
interface Look {
  /** Since when nothing has been taken; undefined while nothing waits. */
  sinceMs: number | undefined;
  bytes: number;
}

/** Everything is looked at so many times in the time that it has. */
const looks = 8;
const longestLookMs = 5000;
const looksAtOnce = 50;

/** Ends what callers do not take. */
export interface AnswerLimit {
  /** Limits the answers of a handler. */
  limit(handler: RequestHandler): RequestHandler;
  /** Limits what waits on a connection, which may have left its answer behind. */
  limitSocket(socket: Socket): void;
  stop(): void;
}

/**
 * Ends an answer that is complete and not out in time, and a stream or a connection of which nothing has been taken for so
 * long. A window of nothing, or a connection that is not read, would hold it for ever. All are looked at now and then, so
 * that a call costs no timer.
 */
export function createAnswerLimit(timeoutMs: number): AnswerLimit {
  const all = new Map<Holder, Look>();
  const lookAt = (holder: Holder, last: Look, nowMs: number): void => {
    const bytes = holder.bytes();
    const isComplete = holder.isComplete();
    if (bytes === 0 && !isComplete) {
      last.sinceMs = undefined;
    } else if (last.sinceMs === undefined || (!isComplete && bytes !== last.bytes)) {
      last.sinceMs = nowMs;
    } else if (nowMs - last.sinceMs >= timeoutMs) {
      holder.cut(nowMs - last.sinceMs >= 2 * timeoutMs);
    }
    last.bytes = bytes;
  };
  let isLooking = false;
  const lookAround = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    const nowMs = performance.now();
    let looked = 0;
    for (const [holder, last] of all) {
      lookAt(holder, last, nowMs);
      // Thousands may have to be cut, while others make turns long.
      const pause = ++looked % looksAtOnce === 0 ? yieldIfBusy() : undefined;
      if (pause !== undefined) await pause;
    }
    isLooking = false;
  };
  const timer = setInterval(() => void lookAround(), Math.min(timeoutMs / looks, longestLookMs)).unref();
  const add = (holder: Holder, closes: { once(event: "close", listener: () => void): unknown }): void => {
    all.set(holder, { sinceMs: undefined, bytes: 0 });
    closes.once("close", () => all.delete(holder));
  };
  return {
    limit: (handler) => (request, response) => {
      add(holderOf(response), response);
      handler(request, response);
    },
    limitSocket: (socket) =>
      add({ bytes: () => queuedBytes(socket), isComplete: never, cut: () => socket.destroy() }, socket),
    stop: () => clearInterval(timer),
  };
}

function holderOf(response: HttpResponse): Holder {
  const { stream } = response;
  if (stream === undefined) {
    return {
      bytes: () => response.writableLength,
      isComplete: () => response.writableEnded,
      cut: () => response.destroy(),
    };
  }
  return {
    bytes: () => stream.writableLength,
    isComplete: () => stream.writableEnded,
    cut(again) {
      // On a connection that is not read at all, not even a reset gets through.
      if (again) stream.session?.destroy();
      else stream.close(constants.NGHTTP2_CANCEL);
    },
  };
}

const never = (): boolean => false;

/** What the system has not taken of a connection. HTTP/2 writes past the socket, so only its handle knows, as Node's own timeouts do. */
function queuedBytes(socket: Socket): number {
  const { _handle } = socket as Socket & { readonly _handle?: { readonly writeQueueSize?: number } | null };
  return _handle?.writeQueueSize ?? 0;
}
