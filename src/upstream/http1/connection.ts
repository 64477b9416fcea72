import type { Socket } from "node:net";
import { writeTogether } from "../../base/write-together.ts";
import { AnswerReader } from "./answer-reader.ts";
import { connectionError, notHttp1 } from "./connection-error.ts";
import { openSocket, type SocketTarget } from "./open-socket.ts";
import type { PendingExchange } from "./pending-exchange.ts";

/**
 * After a piece of so many parts, chunks of a byte each, nothing more of the answer is read in this turn of the event loop: one
 * such piece takes milliseconds, and Node reads up to 32 of them in a row.
 */
const maxPartsAtOnce = 4096;

/** After how long without a byte the system asks whether the other side is there. */
const keepAliveMs = 60_000;

/** What a pool learns of its connections. */
export interface ConnectionEvents {
  /** It has served a request, and may serve another. @param idleMs as the server says, if it does */
  onFree(connection: Connection, idleMs: number | undefined): void;
  onClosed(connection: Connection): void;
}

/** One connection, with one request at a time. It closes with whatever is not as it should be. */
export class Connection {
  /** Until when it may be used while it is idle, by the clock of `performance`. For the pool. */
  idleUntilMs = 0;
  /** In which turn of the event loop its last answer was whole. For the pool. */
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
      // Not `first`: what a handler names is kept, with its body, for as long as the connection is.
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

  /** Closes it at once. What is under way on it is not told. */
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
    // What is idle is read at any time: that the server closes it has to be seen.
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
      // Nobody has asked for anything: whoever asks next must not take it for the answer.
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
      // The server has answered before it had all of the request, and may never read the rest.
      this.#socket.writableLength === 0 &&
      // After an exception KServe closes the connection without saying so: the next request would be lost on it.
      head.status !== 500;
    this.#pending = undefined;
    this.#reader = undefined;
    if (isReusable) {
      // Alone it does not keep the process.
      this.#socket.unref();
      this.#events.onFree(this, head.idleMs);
    } else this.close();
    pending.answer({ head, body: reader.takeBody() });
  }

  /** Nothing comes any more. */
  #ended(): void {
    const reader = this.#reader;
    reader?.end();
    if (reader?.isWhole === true) this.#answered(reader, false);
    else this.abort(connectionError("ECONNRESET", "the server closed the connection"));
  }
}
