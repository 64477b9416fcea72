import { constants, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { HttpResponse, RequestHandler } from "../api/http.ts";
import { afterwards, yieldIfBusy } from "../base/yield-if-busy.ts";
import { handleOf } from "./socket-handle.ts";

/** Something that holds bytes until the other side reads them, and its state at the last check. */
interface Holder {
  /** Since when nothing has been read; undefined while nothing waits. */
  sinceMs: number | undefined;
  lastBytes: number;
  /** How many bytes wait. */
  bytes(): number;
  /** Whether the answer is complete, so that all of its bytes have to be read in time. */
  isComplete(): boolean;
  /** @param again whether it has been cut before, without success */
  cut(again: boolean): void;
}

/** How many times everything is checked within its time limit. */
const looks = 8;
const longestLookMs = 5000;
const looksAtOnce = 50;

/** Ends answers that callers do not read. */
export interface AnswerLimit {
  /** Limits the answers of a handler. */
  limit(handler: RequestHandler): RequestHandler;
  /** Limits the bytes that wait on a connection, which may remain after its answer is gone. */
  limitSocket(socket: Socket): void;
  stop(): void;
}

/**
 * Ends an answer that is complete and not sent in time, and a stream or connection of which nothing has been read for
 * that long. A closed flow-control window, or a connection that is not read, would hold it forever. All are checked
 * periodically, so that calls need no timer.
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
      // Thousands may have to be cut while turns are long anyway. The consequences of a cut take longer than the cut
      // itself.
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

// Classes, as there is one instance for each call.

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
    // On a connection that is not read at all, not even a reset arrives.
    if (again) this.to.session?.destroy();
    // When a client resets a stream without an error, Node keeps its queued bytes as long as the connection lives.
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

/**
 * The bytes of a connection that the system has not accepted yet. HTTP/2 writes past the socket, so only its handle
 * knows them; Node's own timeouts use it, too.
 */
function queuedBytes(socket: Socket): number {
  return handleOf(socket)?.writeQueueSize ?? 0;
}
