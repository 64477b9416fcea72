import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from "node:http2";
import type { Socket } from "node:net";
import { connectionError } from "./connection-error.ts";

export interface SessionOptions {
  /** An open connection. */
  readonly socket: Socket;
  readonly origin: string;
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

/** Above so many calls at a time a further session is better, whatever the server allows. */
const maxCallsPerSession = 100;
/** Room for an answer before it is acknowledged; of one call, and of a session. */
const callWindowBytes = 1024 * 1024;
const sessionWindowBytes = 16 * 1024 * 1024;
/** In MB. At the default of 10, large requests fail here with a code that looks like the server's. */
const maxSessionMemory = 1000;

/** One HTTP/2 connection to one address. */
export class Session {
  readonly #session: ClientHttp2Session;
  readonly #options: SessionOptions;
  readonly #keepalive: KeepaliveTimes;
  readonly #expiresMs: number;
  #openCalls = 0;
  /** How many calls may be open at a time. One until the server has said so: it would refuse the others. */
  #maxCalls = 1;
  #settled = false;
  #retired = false;
  #lastStreamId = Number.POSITIVE_INFINITY;
  #failure: Error | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #pingTimer: NodeJS.Timeout | undefined;
  #pings = 0;
  #heardMs = performance.now();

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#keepalive = options.keepalive ?? defaultKeepalive;
    this.#expiresMs = performance.now() + (options.ageMs ?? Number.POSITIVE_INFINITY);
    const session = connect(options.origin, {
      createConnection: () => options.socket,
      maxSessionMemory,
      settings: { enablePush: false, initialWindowSize: callWindowBytes },
    });
    this.#session = session;
    session.once("connect", () => session.setLocalWindowSize(sessionWindowBytes));
    session.on("remoteSettings", ({ maxConcurrentStreams = maxCallsPerSession }) => {
      this.#settled = true;
      this.#maxCalls = Math.min(maxConcurrentStreams, maxCallsPerSession);
      options.onChange();
    });
    session.on("goaway", (_code, lastStreamId) => {
      this.#lastStreamId = Math.min(this.#lastStreamId, lastStreamId);
      this.retire();
    });
    session.on("error", (error) => {
      this.#failure ??= this.#explain(error);
      this.retire();
    });
    session.once("close", () => {
      if (!this.#settled) {
        this.#failure ??= connectionError("ERR_HTTP2_NOT_BEGUN", "the connection closed before a frame had come");
      }
      clearTimeout(this.#idleTimer);
      clearTimeout(this.#pingTimer);
      this.retire();
      options.onChange();
    });
    this.#becomeIdle();
  }

  get openCalls(): number {
    return this.#openCalls;
  }

  /** Whether the server has said how many calls it takes at a time. */
  get isSettled(): boolean {
    return this.#settled;
  }

  /** Whether new calls may go on it at all. */
  get isUsable(): boolean {
    return !this.#retired && !this.#session.closed && !this.#session.destroyed;
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
    return this.#session.destroyed;
  }

  /** Why it broke; undefined where it did not, or not in a way that says more than that it is gone. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Takes room for one call. Each `reserve` is given back by one `release`. */
  reserve(): void {
    clearTimeout(this.#idleTimer);
    if (this.#openCalls++ > 0) return;
    this.#heardMs = performance.now();
    this.#pings = 0;
    this.#schedulePing();
  }

  release(): void {
    this.#openCalls--;
    if (this.#openCalls === 0) {
      clearTimeout(this.#pingTimer);
      if (this.#retired) this.#session.close();
      else this.#becomeIdle();
    }
    this.#options.onChange();
  }

  /** Opens a stream. @throws Error where the connection is gone by now: nothing has been sent then */
  request(head: OutgoingHttpHeaders): ClientHttp2Stream {
    return this.#session.request(head);
  }

  /** Notes that the server has sent something of an answer. */
  heard(): void {
    this.#heardMs = performance.now();
  }

  /** Whether the server has said that it does not work on a stream, so that its call may be sent again. */
  leftOut(stream: ClientHttp2Stream): boolean {
    return stream.id === undefined || stream.id > this.#lastStreamId;
  }

  /** Takes no more calls, and closes when those that are open have ended. */
  retire(): void {
    if (this.#retired) return;
    this.#retired = true;
    if (this.#openCalls === 0) this.#session.close();
    this.#options.onChange();
  }

  /** Ends it at once, with its calls. */
  destroy(): void {
    this.#session.destroy();
  }

  #becomeIdle(): void {
    this.#idleTimer = setTimeout(() => this.retire(), this.#options.idleTimeoutMs);
    this.#idleTimer.unref();
  }

  #schedulePing(): void {
    const { pingAfterMs } = this.#keepalive;
    const afterMs = pingAfterMs[Math.min(this.#pings, pingAfterMs.length - 1)]!;
    const scheduledMs = performance.now();
    this.#pingTimer = setTimeout(() => {
      if (this.#heardMs > scheduledMs) this.#pings = 0;
      else this.#ping();
      this.#schedulePing();
    }, afterMs);
    this.#pingTimer.unref();
  }

  #ping(): void {
    this.#pings++;
    const timer = setTimeout(() => {
      this.#failure ??= connectionError("ECONNRESET", "the server did not answer a PING");
      this.#session.destroy();
    }, this.#keepalive.pongWithinMs);
    timer.unref();
    const stopWaiting = (): void => clearTimeout(timer);
    if (this.#session.destroyed || !this.#session.ping(stopWaiting)) stopWaiting();
  }

  /** What an error of the library means. */
  #explain(error: Error): Error {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || !code.startsWith("ERR_HTTP2")) return error;
    // The code of a GOAWAY: the server ended it, for whatever reason.
    if (this.#lastStreamId !== Number.POSITIVE_INFINITY) return connectionError("ECONNRESET", error.message, error);
    return this.#settled
      ? connectionError("ERR_HTTP2_BROKEN", error.message, error)
      : connectionError("ERR_NOT_HTTP2", error.message, error);
  }
}
