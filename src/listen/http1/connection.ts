import type { Socket } from "node:net";
import type { RequestHandler } from "../../api/http.ts";
import { freePiece } from "../../base/free-piece.ts";
import { whenNotBusy } from "../../base/yield-if-busy.ts";
import type { ConnectionLimits } from "../connection-limits.ts";
import type { BeginInTurn } from "../fair-turns.ts";
import { tellInTurn } from "../tell-in-turn.ts";
import { freeBytes, type UnreadBytes, type UnreadHolder } from "../unread-bytes.ts";
import { sendAnswers } from "./answers-of-turn.ts";
import { BadRequest } from "./bad-request.ts";
import { ChunkedReader } from "./chunked-reader.ts";
import { HeadReader } from "./head-reader.ts";
import { ownMemory } from "./own-memory.ts";
import { refusal } from "./refusal.ts";
import { type BodySource, Request } from "./request.ts";
import type { RequestHead } from "./request-head.ts";
import { Response, type ResponseEvents } from "./response.ts";
import { pauseReading, resumeReading } from "./socket-reads.ts";

/**
 * How long the rest of an upload is read after its answer, in milliseconds, so that the client gets to read the answer.
 */
const lingerMs = 1000;

/**
 * How much longer than announced it waits for the next request, in milliseconds: one that is sent in time may still be
 * on its way.
 */
const idleGraceMs = 1000;

/** How many unread bytes are buffered; beyond that the socket is paused. */
const maxHeldBytes = 4 * 1024;

/** Thousands of connections are refused so at once, and each error notes a stack. */
const lateHead = new BadRequest(408, "the head of the request did not come in time");
const tooMuchHeld = new BadRequest(503, "too much is held of requests that are not complete");

/** Whoever owns a connection. */
export interface ConnectionOwner {
  readonly handler: RequestHandler;
  /** Does something for a connection, now or in its turn: after its call that waits for one. */
  readonly inTurn: BeginInTurn<Socket>;
  readonly limits: ConnectionLimits;
  /** The headers by which answers announce that the connection stays open. */
  readonly keepAliveLine: string;
  /** Counts the unread bytes of its connections. */
  readonly unread: UnreadBytes;
  /** Whether all of its connections are to close, each after the answer under way. */
  isClosing: boolean;
}

/**
 * An HTTP/1.1 connection, with one request at a time: the next one begins when the answer before it has been sent.
 * Nothing of a body is read before somebody asks for it.
 */
export class Connection implements BodySource, ResponseEvents, UnreadHolder {
  /** When it is closed if nothing happens, by the clock of `performance`; infinite while a call is under way. */
  deadlineMs: number;
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #heads: HeadReader;
  /** The bytes that have arrived and are not processed yet; from `#at` on. */
  #bytes: Buffer | undefined;
  #at = 0;
  /** How many of the unread bytes are counted. */
  #counted = 0;
  #request: Request | undefined;
  #response: Response | undefined;
  #head: RequestHead | undefined;
  #chunks: ChunkedReader | undefined;
  /** The remaining bytes of a body of known length. */
  #left = 0;
  #isWorking = false;
  #willWork = false;
  /** Whether the wait for a turn of the event loop is over. */
  #isItsTurn = false;
  #waitsForTurn = false;
  #isPaused = false;
  /** Whether a request began with the bytes that came last: a further one means that the client pipelines. */
  #hasBegun = false;
  #awaitsContinue = false;
  /** Whether the rest of the body is dropped: the answer has been sent. */
  #drops = false;
  /** Whether it is closing: everything that arrives is dropped. */
  #isClosing = false;
  #isClosed = false;
  #lingerTimer: NodeJS.Timeout | undefined;

  /** @param openedMs when it was opened, by the clock of `performance`: the time limit of the first head begins then */
  constructor(socket: Socket, owner: ConnectionOwner, openedMs: number) {
    this.#socket = socket;
    this.#owner = owner;
    this.#heads = new HeadReader(owner.limits.maxHeaderBytes);
    this.deadlineMs = openedMs + owner.limits.headersTimeoutMs;
    socket.on("data", (bytes) => this.#take(bytes));
    socket.on("drain", () => this.#response?.emit("drain"));
    const onEnd = (): void => owner.inTurn(socket, () => this.#ended());
    socket.on("end", onEnd);
    socket.on("error", () => {});
    socket.on("close", () => this.#closed());
    if (socket.readableEnded) process.nextTick(onEnd);
  }

  /** Whether no call is under way and no head has begun. Half a line break begins none. */
  get isIdle(): boolean {
    return this.#request === undefined && !this.#heads.hasBegun && !this.#waitsForTurn && !this.#isPaused;
  }

  /** Processes what was read before this object was created. */
  begin(bytes: Buffer): void {
    this.#take(bytes);
  }

  /** Ends it because its time is over. */
  expire(): void {
    if (!this.#heads.hasBegun) this.#socket.destroy();
    else this.#refuse(lateHead);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  shed(): void {
    this.#counted = 0;
    if (this.#request === undefined) {
      this.#refuse(tooMuchHeld);
      return;
    }
    // What comes in while it is closing is freed at once. Left to the garbage collector, it would stay for long.
    this.#isClosing = true;
    if (this.#isPaused) this.#socket.read();
    this.#socket.destroy();
  }

  flow(): void {
    // While working, it notices by itself.
    if (this.#isWorking || this.#willWork) return;
    this.#willWork = true;
    // A listener for `data` is usually followed by one for `end`.
    process.nextTick(() => {
      this.#willWork = false;
      this.#goOn();
    });
  }

  mayGoOn(): boolean {
    return this.#head?.keepsAlive === true && !this.#awaitsContinue && !this.#owner.isClosing;
  }

  onOut(goesOn: boolean): void {
    this.#response = undefined;
    if (this.#isClosing || this.#isClosed) return;
    if (!goesOn) this.#close();
    else if (this.#hasWholeBody()) this.#free();
    else this.#drop(this.#request!);
  }

  #take(piece: Buffer): void {
    if (this.#isClosing) {
      freePiece(piece);
      return;
    }
    this.#bytes = this.#bytes === undefined ? piece : Buffer.concat([this.#bytes.subarray(this.#at), piece]);
    this.#at = 0;
    this.#hasBegun = false;
    this.#work();
  }

  #goOn(): void {
    if (this.#isClosed) return;
    if (this.#isPaused) {
      if (!this.#canWork()) return;
      this.#isPaused = false;
      // Bytes that were put back come first.
      resumeReading(this.#socket);
    } else this.#work();
  }

  /** Processes what has arrived, as far as possible. */
  #work(): void {
    if (this.#isWorking) return;
    this.#isWorking = true;
    try {
      while (this.#canWork() && this.#step()) {}
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      this.#refuse(error);
    } finally {
      this.#isWorking = false;
    }
    this.#keepRest();
  }

  #canWork(): boolean {
    if (this.#isClosing || this.#isClosed || this.#waitsForTurn) return false;
    const request = this.#request;
    // After a complete body, its answer is awaited.
    return request === undefined || (!request.complete && (request.flows || this.#drops));
  }

  /** Whether there is a request and its body is complete. */
  #hasWholeBody(): boolean {
    return this.#left === 0 && this.#chunks?.isWhole !== false;
  }

  /** @returns whether there may be more to do */
  #step(): boolean {
    return this.#request === undefined ? this.#beginRequest() : this.#readBody(this.#request);
  }

  #beginRequest(): boolean {
    const bytes = this.#bytes;
    if (bytes === undefined) return false;
    this.#at = this.#heads.skipEmptyLines(bytes, this.#at);
    if (this.#at === bytes.length) return false;
    if (this.#hasBegun && this.#mustWait()) return false;
    const wasBegun = this.#heads.hasBegun;
    const read = this.#heads.read(bytes, this.#at);
    if (read === undefined) {
      if (!wasBegun && this.#heads.hasBegun) this.#limitHead();
      return false;
    }
    const { head, end } = read;
    this.#at = end;
    this.#hasBegun = true;
    this.deadlineMs = Number.POSITIVE_INFINITY;
    this.#head = head;
    this.#chunks = head.body === "chunked" ? new ChunkedReader() : undefined;
    this.#left = head.body === "chunked" ? 0 : head.body;
    this.#awaitsContinue = head.expectsContinue && head.body !== 0;
    const request = new Request(head, this.#socket, this);
    const response = new Response(request, this.#socket, this, this.#owner.keepAliveLine);
    this.#request = request;
    this.#response = response;
    this.#owner.handler(request, response);
    return true;
  }

  #readBody(request: Request): boolean {
    if (this.#awaitsContinue && !this.#drops) {
      this.#awaitsContinue = false;
      if (this.#response?.headersSent === false) this.#socket.write("HTTP/1.1 100 Continue\r\n\r\n", "latin1");
    }
    const bytes = this.#bytes;
    if (this.#chunks === undefined) {
      const available = bytes === undefined ? 0 : bytes.length - this.#at;
      const size = Math.min(available, this.#left);
      if (size > 0) {
        const begin = this.#at;
        this.#at += size;
        this.#left -= size;
        this.#handOut(request, bytes!, begin, this.#at);
      } else if (this.#left > 0) return false;
      if (this.#left === 0) this.#endBody(request);
      return true;
    }
    if (bytes === undefined || this.#at === bytes.length || this.#mustWait()) return false;
    const begin = this.#at;
    this.#at = this.#chunks.read(bytes, begin);
    const { contentEnd, isWhole } = this.#chunks;
    if (contentEnd > begin) this.#handOut(request, bytes, begin, contentEnd);
    if (isWhole) this.#endBody(request);
    return true;
  }

  /** Passes a part of the body on, or drops it. */
  #handOut(request: Request, bytes: Buffer, begin: number, end: number): void {
    const isAll = begin === 0 && this.#at === bytes.length;
    if (isAll) {
      // Whoever takes it may free it.
      this.#bytes = undefined;
      this.#at = 0;
    }
    if (!this.#drops) request.push(end - begin === bytes.length ? bytes : ownMemory(bytes.subarray(begin, end)));
    else if (isAll) freePiece(bytes);
  }

  #endBody(request: Request): void {
    request.finish();
    if (this.#drops) this.#free();
  }

  /** Whether others go first. It then continues by itself. */
  #mustWait(): boolean {
    if (this.#isItsTurn) {
      this.#isItsTurn = false;
      return false;
    }
    const turn = whenNotBusy(this.#socket);
    if (turn === undefined) return false;
    this.#waitsForTurn = true;
    void turn.then(() => {
      this.#waitsForTurn = false;
      this.#isItsTurn = true;
      this.#goOn();
    });
    return true;
  }

  /** Keeps the bytes that are not processed yet. */
  #keepRest(): void {
    const bytes = this.#bytes;
    if (bytes === undefined) {
      this.#count(0);
      return;
    }
    const size = bytes.length - this.#at;
    const rest = size === 0 || this.#isClosing ? undefined : ownMemory(bytes.subarray(this.#at));
    this.#bytes = rest;
    this.#at = 0;
    if (rest !== undefined && size > maxHeldBytes && !this.#canWork()) {
      this.#isPaused = true;
      pauseReading(this.#socket);
      this.#socket.unshift(rest);
      this.#bytes = undefined;
    }
    this.#count(rest === undefined ? 0 : size);
  }

  /** Updates the count of unread bytes. */
  #count(size: number): void {
    const counted = size > freeBytes ? size : 0;
    if (counted === this.#counted) return;
    this.#counted = counted;
    this.#owner.unread.count(this, counted);
  }

  /** Starts the time limit of a head; that of the first head begins when the connection is opened. */
  #limitHead(): void {
    const { headersTimeoutMs } = this.#owner.limits;
    this.deadlineMs = Math.min(this.deadlineMs, performance.now() + headersTimeoutMs);
  }

  /** The answer has been sent and the body is complete: the next request may come. */
  #free(): void {
    clearTimeout(this.#lingerTimer);
    this.#forgetCall();
    this.#drops = false;
    this.deadlineMs = performance.now() + this.#owner.limits.idleConnectionTimeoutMs + idleGraceMs;
    if (this.#bytes !== undefined || this.#isPaused) this.#goOn();
  }

  /** Reads and drops the rest of a body for a while. If it goes on for longer, the connection is closed. */
  #drop(request: Request): void {
    this.#drops = true;
    request.close();
    this.#linger();
    this.#goOn();
  }

  /**
   * Answers a malformed request, and closes. If the request has its answer already, the rest of it gets no second one.
   */
  #refuse(error: BadRequest): void {
    if (this.#isClosing || this.#isClosed) return;
    const response = this.#response;
    if (this.#drops || response?.writableEnded === true) {
      sendAnswers();
      this.#close();
    } else if (response?.headersSent === true) {
      // An answer that has begun cannot be replaced.
      this.#socket.destroy();
    } else {
      this.#response = undefined;
      this.#socket.write(refusal(error), "latin1");
      this.#close();
      response?.close();
    }
  }

  /**
   * Closes it once everything has been sent. Closing with unread bytes would be a reset, which can overtake the answer,
   * so they are read for a while.
   */
  #close(): void {
    const isRead = this.#bytes === undefined && !this.#isPaused && this.#hasWholeBody();
    this.#isClosing = true;
    this.deadlineMs = Number.POSITIVE_INFINITY;
    if (isRead) this.#socket.destroySoon();
    else {
      this.#socket.end();
      this.#request?.close();
      this.#bytes = undefined;
      this.#count(0);
      this.#isPaused = false;
      resumeReading(this.#socket);
      this.#linger();
    }
  }

  #linger(): void {
    this.#lingerTimer = setTimeout(() => this.#socket.destroy(), lingerMs);
    this.#lingerTimer.unref();
  }

  /** The client has closed its side, and is gone. It gets what has been sent of an answer. */
  #ended(): void {
    if (this.#isClosed) return;
    // Sends the answers that are ready.
    sendAnswers();
    if (this.#isClosing) this.#socket.destroySoon();
    else this.#socket.end();
  }

  #closed(): void {
    this.#isClosed = true;
    clearTimeout(this.#lingerTimer);
    this.#bytes = undefined;
    this.#count(0);
    const [request, response] = [this.#request, this.#response];
    // Node's sockets live on until all garbage is collected; what a call holds must not.
    this.#forgetCall();
    if (request === undefined) return;
    tellInTurn(() => {
      request.close();
      response?.close();
    });
  }

  #forgetCall(): void {
    this.#request = undefined;
    this.#response = undefined;
    this.#head = undefined;
    this.#chunks = undefined;
  }
}
