import type { Socket } from "node:net";
import type { ClientStream, StreamReceiver } from "./client-stream.ts";
import { Connection, GoneAway } from "./connection.ts";
import { connectionError } from "./connection-error.ts";
import { ProtocolError } from "./protocol-error.ts";

export interface SessionOptions {
  /** An open connection. */
  readonly socket: Socket;
  /** After how long without calls it is closed. */
  readonly idleTimeoutMs: number;
  /** After how long other sessions take its place; undefined for as long as it lives. */
  readonly ageMs: number | undefined;
  /** Is called when it can take a call again, and when it can take none any more. */
  readonly onChange: () => void;
  readonly keepalive?: KeepaliveTimes;
}

/** When a connection is asked whether it still leads anywhere. */
export interface KeepaliveTimes {
  /** How long after the last answer, or after the PING before, each PING is sent; the last of them goes on. */
  readonly pingAfterMs: readonly number[];
  /** How long its answer may take. */
  readonly pongWithinMs: number;
}

/**
 * gRPC's C core ends a connection whose PINGs come less than five minutes apart for the third time with nothing sent
 * between: a prediction may take longer than that.
 */
const defaultKeepalive: KeepaliveTimes = { pingAfterMs: [20_000, 60_000, 310_000], pongWithinMs: 20_000 };

/** Beyond this many concurrent calls a further session is better, whatever the server allows. */
const maxCallsPerSession = 100;

/** One HTTP/2 connection to one address. */
export class Session {
  readonly #connection: Connection;
  readonly #options: SessionOptions;
  readonly #keepalive: KeepaliveTimes;
  readonly #expiresMs: number;
  #openCalls = 0;
  /** How many calls may be open at a time. One until the server has said so: it would refuse the others. */
  #maxCalls = 1;
  #retired = false;
  #idleTimer: NodeJS.Timeout | undefined;
  #pingTimer: NodeJS.Timeout | undefined;
  #pings = 0;
  /** Whether something of an answer has come since a PING was last thought of. */
  #heard = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#keepalive = options.keepalive ?? defaultKeepalive;
    this.#expiresMs = performance.now() + (options.ageMs ?? Number.POSITIVE_INFINITY);
    this.#connection = new Connection(options.socket, {
      settings: (maxStreams) => {
        this.#maxCalls = Math.min(maxStreams, maxCallsPerSession);
        options.onChange();
      },
      goaway: () => this.retire(),
      heard: () => {
        this.#heard = true;
      },
      closed: () => {
        clearTimeout(this.#idleTimer);
        clearTimeout(this.#pingTimer);
        this.retire();
        options.onChange();
      },
    });
    this.#becomeIdle();
  }

  get openCalls(): number {
    return this.#openCalls;
  }

  /** Whether the server has said how many calls it takes at a time. */
  get isSettled(): boolean {
    return this.#connection.isSettled;
  }

  /** Whether new calls may go on it at all. */
  get isUsable(): boolean {
    return !this.#retired && this.#connection.isOpen;
  }

  /** How many further calls it can take now. */
  get room(): number {
    return this.isUsable ? this.#maxCalls - this.#openCalls : 0;
  }

  /** Whether another session should take its place. */
  get isExpired(): boolean {
    return performance.now() > this.#expiresMs;
  }

  get isClosed(): boolean {
    return this.#connection.isDestroyed;
  }

  /** Why it broke; undefined where it did not, or not in a way that says more than that it is gone. */
  get failure(): Error | undefined {
    const { failure } = this.#connection;
    return failure === undefined ? this.#silence() : explained(failure, this.isSettled);
  }

  /** Takes room for one call. Each `reserve` is given back by one `release`. */
  reserve(): void {
    clearTimeout(this.#idleTimer);
    if (this.#openCalls++ > 0) return;
    this.#pings = 0;
    this.#schedulePing();
  }

  release(): void {
    this.#openCalls--;
    if (this.#openCalls === 0) {
      clearTimeout(this.#pingTimer);
      if (this.#retired) this.#connection.close();
      else this.#becomeIdle();
    }
    this.#options.onChange();
  }

  /** Sends a request, as a connection does. */
  open(head: string, chunks: readonly Uint8Array[], receiver: StreamReceiver): ClientStream | undefined {
    return this.#connection.open(head, chunks, receiver);
  }

  /** Ends the stream of a call that is no longer wanted. */
  reset(stream: ClientStream, code: number): void {
    this.#connection.reset(stream, code);
  }

  /** Whether the server cannot have begun to work on a stream, so that its call may be sent again. */
  leftOut(stream: ClientStream): boolean {
    return this.#connection.leftOut(stream);
  }

  /** Takes no more calls, and closes when those that are open have ended. */
  retire(): void {
    if (this.#retired) return;
    this.#retired = true;
    if (this.#openCalls === 0) this.#connection.close();
    this.#options.onChange();
  }

  /** Ends it at once, with its calls. */
  destroy(): void {
    this.#connection.destroy();
  }

  #becomeIdle(): void {
    this.#idleTimer = setTimeout(() => this.retire(), this.#options.idleTimeoutMs);
    this.#idleTimer.unref();
  }

  #schedulePing(): void {
    const { pingAfterMs } = this.#keepalive;
    const afterMs = pingAfterMs[Math.min(this.#pings, pingAfterMs.length - 1)]!;
    this.#heard = false;
    this.#pingTimer = setTimeout(() => {
      if (this.#heard) this.#pings = 0;
      else this.#ping();
      this.#schedulePing();
    }, afterMs);
    this.#pingTimer.unref();
  }

  #ping(): void {
    this.#pings++;
    const timer = setTimeout(() => {
      this.#connection.destroy(connectionError("ECONNRESET", "the server did not answer a PING"));
    }, this.#keepalive.pongWithinMs);
    timer.unref();
    this.#connection.ping(() => clearTimeout(timer));
  }

  /** What it means that a connection is gone about which nothing is known. */
  #silence(): Error | undefined {
    if (!this.isClosed || this.isSettled) return undefined;
    return this.#connection.hasBegun
      ? connectionError("ERR_NOT_HTTP2", "the connection closed before a frame was complete")
      : connectionError("ERR_HTTP2_NOT_BEGUN", "the connection closed before a frame had come");
  }
}

/** What a failure of a connection means. */
function explained(failure: Error, isSettled: boolean): Error {
  if (failure instanceof GoneAway) return connectionError("ECONNRESET", failure.message, failure);
  if (!(failure instanceof ProtocolError)) return failure;
  return connectionError(isSettled ? "ERR_HTTP2_BROKEN" : "ERR_NOT_HTTP2", failure.message, failure);
}
