import type { Socket } from "node:net";
import type { RequestHandler } from "../../api/http.ts";
import { freePiece } from "../../base/free-piece.ts";
import { whenNotBusy } from "../../base/yield-if-busy.ts";
import type { ConnectionLimits } from "../connection-limits.ts";
import { tellInTurn } from "../tell-in-turn.ts";
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
import type { UnreadBytes, UnreadHolder } from "./unread-bytes.ts";

/** How long what is left of an upload is taken after its answer, so that the client gets to read the answer. */
const lingerMs = 1000;

/** How much longer than it says it waits for the next request: one that is sent in time may still be on its way. */
const idleGraceMs = 1000;

/** So much of what nobody takes yet is held here; for more the socket is paused. */
const maxHeldBytes = 4 * 1024;

/** So little is not counted: each connection there may be can hold as much. */
const freeBytes = 1024;

/** Whoever owns a connection. */
export interface ConnectionOwner {
  readonly handler: RequestHandler;
  readonly limits: ConnectionLimits;
  /** What answers say of the connection behind which it goes on. */
  readonly keepAliveLine: string;
  /** What its connections hold that nobody has taken. */
  readonly unread: UnreadBytes;
  /** Whether all of its connections are to end, each with the answer that is under way on it. */
  isClosing: boolean;
}

/**
 * One connection that speaks HTTP/1.1, with one request at a time: the next one is begun when the answer before it is out.
 * Nothing is read of a body before somebody takes it.
 */
export class Connection implements BodySource, ResponseEvents, UnreadHolder {
  /** When it is to be ended if nothing happens, by the clock of `performance`; never while a call is under way. */
  deadlineMs: number;
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #heads: HeadReader;
  /** What has come and has not been read; from `#at` on. */
  #bytes: Buffer | undefined;
  #at = 0;
  /** How much of what has not been read is counted. */
  #counted = 0;
  #request: Request | undefined;
  #response: Response | undefined;
  #head: RequestHead | undefined;
  #chunks: ChunkedReader | undefined;
  /** How many bytes are to come of a body whose length is known. */
  #left = 0;
  #isWorking = false;
  #willWork = false;
  /** What waits for its turn of the event loop has it. */
  #isItsTurn = false;
  #waitsForTurn = false;
  #isPaused = false;
  /** Whether a request has begun with what came last: another one is of a client that does not wait for answers. */
  #hasBegun = false;
  #awaitsContinue = false;
  /** Whether what is left of the body is dropped: the answer is out. */
  #drops = false;
  /** Whether it is closing: whatever comes is dropped. */
  #isClosing = false;
  #isClosed = false;
  #lingerTimer: NodeJS.Timeout | undefined;

  /** @param openedMs when it was opened, by the clock of `performance`: the first head has its time from then on */
  constructor(socket: Socket, owner: ConnectionOwner, openedMs: number) {
    this.#socket = socket;
    this.#owner = owner;
    this.#heads = new HeadReader(owner.limits.maxHeaderBytes);
    this.deadlineMs = openedMs + owner.limits.headersTimeoutMs;
    socket.on("data", (bytes) => this.#take(bytes));
    socket.on("drain", () => this.#response?.emit("drain"));
    socket.on("end", () => this.#ended());
    socket.on("error", () => {});
    socket.on("close", () => this.#closed());
  }

  /** Whether it neither has a call under way nor has begun one. Half a line break begins none. */
  get isIdle(): boolean {
    return this.#request === undefined && !this.#heads.hasBegun && !this.#waitsForTurn && !this.#isPaused;
  }

  /** Reads what came before there was this connection. */
  begin(bytes: Buffer): void {
    this.#take(bytes);
  }

  /** Ends it because its time is over. */
  expire(): void {
    if (!this.#heads.hasBegun) this.#socket.destroy();
    else this.#refuse(new BadRequest(408, "the head of the request did not come in time"));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  shed(): void {
    this.#counted = 0;
    if (this.#request !== undefined) this.#socket.destroy();
    else this.#refuse(new BadRequest(503, "too much is held of requests that are not complete"));
  }

  flow(): void {
    // Within the work it is seen without.
    if (this.#isWorking || this.#willWork) return;
    this.#willWork = true;
    // Who listens to `data` listens to `end` next.
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
    if (this.#isClosing) return;
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
      // What was put back comes first.
      resumeReading(this.#socket);
    } else this.#work();
  }

  /** Works off what has come as far as it may be. */
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
    // Behind a body that is whole its answer is awaited.
    return request === undefined || (!request.complete && (request.flows || this.#drops));
  }

  /** Whether nothing of the body is to come, if there is a request. */
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

  /** Hands out a part of the body, or drops it. */
  #handOut(request: Request, bytes: Buffer, begin: number, end: number): void {
    if (!this.#drops) request.push(end - begin === bytes.length ? bytes : ownMemory(bytes.subarray(begin, end)));
    else if (begin === 0 && this.#at === bytes.length) {
      this.#bytes = undefined;
      this.#at = 0;
      freePiece(bytes);
    }
  }

  #endBody(request: Request): void {
    request.finish();
    if (this.#drops) this.#free();
  }

  /** Whether others go first. It goes on by itself then. */
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

  /** Keeps what is not worked off yet. */
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

  /** Has counted what is held of what has not been read. */
  #count(size: number): void {
    const counted = size > freeBytes ? size : 0;
    if (counted === this.#counted) return;
    this.#counted = counted;
    this.#owner.unread.count(this, counted);
  }

  /** The head that has begun has so long from now; the first one from when the connection was opened. */
  #limitHead(): void {
    const { headersTimeoutMs } = this.#owner.limits;
    this.deadlineMs = Math.min(this.deadlineMs, performance.now() + headersTimeoutMs);
  }

  /** The answer is out, and the body is whole: the next request may come. */
  #free(): void {
    clearTimeout(this.#lingerTimer);
    this.#request = undefined;
    this.#head = undefined;
    this.#chunks = undefined;
    this.#drops = false;
    this.deadlineMs = performance.now() + this.#owner.limits.idleConnectionTimeoutMs + idleGraceMs;
    if (this.#bytes !== undefined || this.#isPaused) this.#goOn();
  }

  /** Takes what is left of a body for a while. A client that goes on for longer loses its connection. */
  #drop(request: Request): void {
    this.#drops = true;
    request.close();
    this.#linger();
    this.#goOn();
  }

  /** Answers what is no request, and closes. Of a request that has its answer the rest may be wrong: it gets no other one. */
  #refuse(error: BadRequest): void {
    if (this.#isClosing || this.#isClosed) return;
    const response = this.#response;
    if (this.#drops || response?.writableEnded === true) {
      sendAnswers();
      this.#close();
    } else if (response?.headersSent === true) {
      // Half an answer cannot become another one.
      this.#socket.destroy();
    } else {
      this.#response = undefined;
      this.#socket.write(refusal(error), "latin1");
      this.#close();
      response?.close();
    }
  }

  /**
   * Closes it once all has gone out. With bytes unread that would be a reset, which can reach the client before its answer, so
   * they are taken for a while.
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

  /** The client sends nothing more: it has left. What is out of an answer by now it gets. */
  #ended(): void {
    // What has been answered by now is out.
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
    if (request === undefined) return;
    tellInTurn(() => {
      request.close();
      response?.close();
    });
  }
}
