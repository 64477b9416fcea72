import { constants, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { HttpResponse, RequestHandler } from "../api/http.ts";
import { afterwards, yieldIfBusy } from "../base/yield-if-busy.ts";
import { handleOf } from "./socket-handle.ts";

/** Something that holds bytes until the other side takes them, and what was found when it was last looked at. */
interface Holder {
  /** Since when nothing has been taken; undefined while nothing waits. */
  sinceMs: number | undefined;
  lastBytes: number;
  /** How many bytes wait. */
  bytes(): number;
  /** Whether no more come, so that all of them have to be taken in time. */
  isComplete(): boolean;
  /** @param again whether it has been cut before, which has not helped */
  cut(again: boolean): void;
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
  const all = new Set<Holder>();
  /** Whether it has been cut. */
  const lookAt = (holder: Holder, nowMs: number): boolean => {
    let isCut = false;
    const bytes = holder.bytes();
    const isComplete = holder.isComplete();
    if (bytes === 0 && !isComplete) {
      holder.sinceMs = undefined;
    } else if (holder.sinceMs === undefined || (!isComplete && bytes !== holder.lastBytes)) {
      holder.sinceMs = nowMs;
    } else if (nowMs - holder.sinceMs >= timeoutMs) {
      holder.cut(nowMs - holder.sinceMs >= 2 * timeoutMs);
      isCut = true;
    }
    holder.lastBytes = bytes;
    return isCut;
  };
  let isLooking = false;
  const lookAround = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    const nowMs = performance.now();
    let looked = 0;
    for (const holder of all) {
      // Thousands may have to be cut, while others make turns long. What follows from a cut takes longer than the cut.
      if (lookAt(holder, nowMs)) await new Promise<void>(afterwards);
      else if (++looked % looksAtOnce !== 0) continue;
      const pause = yieldIfBusy();
      if (pause !== undefined) await pause;
    }
    isLooking = false;
  };
  const timer = setInterval(() => void lookAround(), Math.min(timeoutMs / looks, longestLookMs)).unref();
  const add = (holder: Holder, closes: { on(event: "close", listener: () => void): unknown }): void => {
    all.add(holder);
    closes.on("close", () => all.delete(holder));
  };
  return {
    limit: (handler) => (request, response) => {
      add(response.stream === undefined ? new Http1Answer(response) : new Http2Answer(response.stream), response);
      handler(request, response);
    },
    limitSocket: (socket) => add(new Connection(socket), socket),
    stop: () => clearInterval(timer),
  };
}

// Classes, for there is one of these for each call.

/** Where an answer is written to. */
type Written = Pick<HttpResponse, "writableLength" | "writableEnded">;

abstract class Answer<To extends Written> implements Holder {
  sinceMs: number | undefined = undefined;
  lastBytes = 0;
  protected readonly to: To;

  constructor(to: To) {
    this.to = to;
  }

  bytes(): number {
    return this.to.writableLength;
  }

  isComplete(): boolean {
    return this.to.writableEnded;
  }

  abstract cut(again: boolean): void;
}

class Http1Answer extends Answer<HttpResponse> {
  cut(): void {
    this.to.destroy();
  }
}

class Http2Answer extends Answer<ServerHttp2Stream> {
  cut(again: boolean): void {
    // On a connection that is not read at all, not even a reset gets through.
    if (again) this.to.session?.destroy();
    // Of a stream that its client has reset without an error, Node holds what waits for as long as there is the connection.
    else if (this.to.closed) this.to.destroy();
    else this.to.close(constants.NGHTTP2_CANCEL);
  }
}

class Connection implements Holder {
  sinceMs: number | undefined = undefined;
  lastBytes = 0;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  bytes(): number {
    return queuedBytes(this.#socket);
  }

  isComplete(): boolean {
    return false;
  }

  cut(): void {
    this.#socket.destroy();
  }
}

/** What the system has not taken of a connection. HTTP/2 writes past the socket, so only its handle knows, as Node's own timeouts do. */
function queuedBytes(socket: Socket): number {
  return handleOf(socket)?.writeQueueSize ?? 0;
}
