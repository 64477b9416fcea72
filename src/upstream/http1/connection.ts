import type { Socket } from "node:net";
import { writeTogether } from "../../base/write-together.ts";
import { AnswerReader } from "./answer-reader.ts";
import { connectionError, notHttp1 } from "./connection-error.ts";
import { openSocket, type SocketTarget } from "./open-socket.ts";
import type { PendingExchange } from "./pending-exchange.ts";

/**
 * After a read with this many parts, such as chunks of one byte, nothing more of the answer is read in this turn of the
 * event loop: one such read takes milliseconds, and Node does up to 32 of them in a row.
 */
const maxPartsAtOnce = 4096;

/** After how long without data the system probes whether the peer is alive. */
const keepAliveMs = 60_000;

/** What a pool learns of its connections. */
export interface ConnectionEvents {
  /** It has served a request, and may serve another. @param idleMs as the server says, if it does */
  onFree(connection: Connection, idleMs: number | undefined): void;
  onClosed(connection: Connection): void;
}

/** A connection with one request at a time. It closes on any irregularity. */
export class Connection {
  /** Until when it may be used while idle, by the clock of `performance`. For the pool. */
  idleUntilMs = 0;
  /** The turn of the event loop in which its last answer was completed. For the pool. */
  freeSinceTurn = 0;
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  readonly #openTimer: NodeJS.Timeout;
  #pending: PendingExchange | undefined;
  #reader: AnswerReader | undefined;
  #isOpen = false;
  #isClosed = false;

  /**
   * Begins to open it for a request.
   *
   * @throws ForbiddenAddress
   */
  constructor(target: SocketTarget, openTimeoutMs: number, first: PendingExchange, events: ConnectionEvents) {
    this.#events = events;
    this.#pending = first;
    const socket = openSocket(target, (bytes) => this.#readSome(bytes));
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, keepAliveMs);
    this.#openTimer = setTimeout(
      () => this.abort(connectionError("ETIMEDOUT", "the connection did not open in time")),
      openTimeoutMs,
    );
    socket.on("error", (error) => this.abort(error));
    socket.on("end", () => this.#ended());
    socket.on("close", () => this.abort(connectionError("ECONNRESET", "the connection closed")));
    socket.once(target.tls === undefined ? "connect" : "secureConnect", () => {
      if (this.#isClosed) return;
      clearTimeout(this.#openTimer);
      this.#isOpen = true;
      // Not `first`: the listener would keep it, with its body, as long as the connection lives.
      this.send(this.#pending!);
    });
  }

  get isUsable(): boolean {
    return !this.#isClosed;
  }

  /** Sends a request; nothing else may be under way. */
  send(pending: PendingExchange): void {
    const { head, request } = pending;
    const { body } = request;
    const socket = this.#socket;
    pending.connection = this;
    this.#pending = pending;
    this.#reader = new AnswerReader(request);
    socket.ref();
    if (body === null) socket.write(head, "latin1");
    else writeTogether(socket, head, body);
  }

  /** Closes it at once, without notifying the request under way. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#pending = undefined;
    this.#reader = undefined;
    clearTimeout(this.#openTimer);
    this.#socket.destroy();
    this.#events.onClosed(this);
  }

  /** Closes it, and fails what is under way on it. */
  abort(error: Error): void {
    const pending = this.#pending;
    this.close();
    pending?.fail(error, this.#isOpen);
  }

  /** @returns whether more may come before the socket is resumed, which is in the next turn of the event loop */
  #readSome(bytes: Buffer): boolean {
    const reader = this.#reader;
    const before = reader?.parts ?? 0;
    this.#read(bytes);
    // An idle connection is always read, to notice that the server closes it.
    if (reader === undefined || this.#reader !== reader || reader.parts - before < maxPartsAtOnce) return true;
    setImmediate(() => {
      if (!this.#isClosed) this.#socket.resume();
    });
    return false;
  }

  #read(bytes: Buffer): void {
    const reader = this.#reader;
    if (this.#isClosed) return;
    if (reader === undefined) {
      // No request is under way: the next one must not take this for its answer.
      this.abort(notHttp1("it came before anything was asked for"));
      return;
    }
    try {
      const surplus = reader.read(bytes);
      if (reader.isWhole) this.#answered(reader, surplus > 0);
    } catch (error) {
      this.abort(error as Error);
    }
  }

  #answered(reader: AnswerReader, hasSurplus: boolean): void {
    const pending = this.#pending!;
    const { head } = reader;
    const isReusable =
      head.keepsAlive &&
      !hasSurplus &&
      pending.request.closes !== true &&
      // The server has answered before it received the whole request, and may never read the rest.
      this.#socket.writableLength === 0 &&
      // After an exception KServe closes the connection without announcing it: the next request would be lost.
      head.status !== 500;
    this.#pending = undefined;
    this.#reader = undefined;
    if (isReusable) {
      // An idle connection does not keep the process alive.
      this.#socket.unref();
      this.#events.onFree(this, head.idleMs);
    } else this.close();
    pending.answer({ head, body: reader.takeBody() });
  }

  /** The server has closed its side. */
  #ended(): void {
    const reader = this.#reader;
    reader?.end();
    if (reader?.isWhole === true) this.#answered(reader, false);
    else this.abort(connectionError("ECONNRESET", "the server closed the connection"));
  }
}
