import type { OutgoingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import type { Http1Response } from "../../api/http.ts";
import { asBuffer } from "../../base/as-buffer.ts";
import { writeTogether } from "../../base/write-together.ts";
import { assertHeader } from "../assert-header.ts";
import { ResponseHead } from "../response-head.ts";
import { sendAfterTurn } from "./answers-of-turn.ts";
import { dateLine, headerLines, statusHasBody, statusLine } from "./head-lines.ts";
import type { Request } from "./request.ts";

const nothing: Buffer = Buffer.alloc(0);
const lineBreak = Buffer.from("\r\n");

/** Connects a response to its connection. */
export interface ResponseEvents {
  /** Whether the connection may stay open after this answer. */
  mayGoOn(): boolean;
  /** Everything has been sent. */
  onOut(goesOn: boolean): void;
}

/** An answer as handlers see it. */
export class Response extends ResponseHead implements Http1Response {
  readonly req: Request;
  // Declared only: it tells the type system that this is not HTTP/2.
  declare readonly stream?: undefined;
  readonly #socket: Socket;
  readonly #events: ResponseEvents;
  readonly #keepAliveLine: string;
  #trailers: string | undefined;
  #headersSent = false;
  #isChunked = false;
  #goesOn = false;
  /** The announced length of the body, less what has been written. */
  #declaredLeft: number | undefined;
  #ended = false;
  #finished = false;
  #destroyed = false;

  /** @param keepAliveLine the headers by which an answer announces that the connection stays open */
  constructor(req: Request, socket: Socket, events: ResponseEvents, keepAliveLine: string) {
    super();
    this.req = req;
    this.#socket = socket;
    this.#events = events;
    this.#keepAliveLine = keepAliveLine;
  }

  get headersSent(): boolean {
    return this.#headersSent;
  }

  get writableEnded(): boolean {
    return this.#ended;
  }

  get writableFinished(): boolean {
    return this.#finished;
  }

  get writableLength(): number {
    return this.#destroyed ? 0 : this.#socket.writableLength;
  }

  get destroyed(): boolean {
    return this.#destroyed || !this.#socket.writable;
  }

  flushHeaders(): void {
    if (!this.#headersSent && !this.destroyed) this.#socket.write(this.#makeHead(undefined), "latin1");
  }

  /** They are sent after the body, which is then chunked. */
  addTrailers(trailers: OutgoingHttpHeaders): void {
    for (const name in trailers) {
      const value = trailers[name]!;
      assertHeader(name, value);
      this.#trailers = (this.#trailers ?? "") + headerLines(name, value);
    }
  }

  write(piece: string | Uint8Array): boolean {
    if (this.#ended || this.destroyed) return false;
    const head = this.#headersSent ? "" : this.#makeHead(undefined);
    const content = this.#bodyOf(piece);
    const { length } = content;
    if (length === 0) return head === "" || this.#socket.write(head, "latin1");
    if (!this.#isChunked) return writeTogether(this.#socket, head, content);
    return writeTogether(this.#socket, `${head}${length.toString(16)}\r\n`, content, lineBreak);
  }

  end(piece: string | Uint8Array = nothing): this {
    if (this.#ended || this.destroyed) return this;
    this.#ended = true;
    const head = this.#headersSent ? "" : this.#makeHead(sizeOf(piece));
    const content = this.#bodyOf(piece);
    const { length } = content;
    // Otherwise the client could not tell where the next answer begins.
    if (this.#declaredLeft !== undefined && this.#declaredLeft !== 0) {
      this.destroy();
      return this;
    }
    if (!this.#isChunked) sendAfterTurn(length, () => writeTogether(this.#socket, head, content, nothing, this.#onOut));
    else {
      const last = Buffer.from(`${length === 0 ? "" : "\r\n"}0\r\n${this.#trailers ?? ""}\r\n`, "latin1");
      const before = length === 0 ? head : `${head}${length.toString(16)}\r\n`;
      sendAfterTurn(length, () => writeTogether(this.#socket, before, content, last, this.#onOut));
    }
    return this;
  }

  destroy(): this {
    this.#socket.destroy();
    return this;
  }

  /** Nothing more will be sent: everything has been, or the connection is closed. */
  close(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.emit("close");
  }

  readonly #onOut = (error?: Error | null): void => {
    // Errors close the connection.
    if (this.#destroyed || (error !== undefined && error !== null)) return;
    this.#finished = true;
    this.emit("finish");
    this.close();
    this.#events.onOut(this.#goesOn);
  };

  /**
   * Makes the head, which then counts as sent.
   *
   * @param size the size of the body where it is known
   */
  #makeHead(size: number | undefined): string {
    this.#headersSent = true;
    const { statusCode } = this;
    const isOld = this.req.httpVersion === "1.0";
    let head = statusLine(statusCode);
    for (const [name, value] of this.headers) head += headerLines(name, value);
    head += dateLine();
    const length = this.headers.get("content-length");
    const hasBody = statusHasBody(statusCode) && this.req.method !== "HEAD";
    let framing = "";
    let hasEnd = true;
    if (!hasBody) this.#declaredLeft = 0;
    else if (length !== undefined) this.#declaredLeft = Number(length);
    else if (size !== undefined && this.#trailers === undefined) {
      this.#declaredLeft = size;
      framing = `Content-Length: ${size}\r\n`;
    } else if (isOld) hasEnd = false;
    else {
      this.#isChunked = true;
      framing = "Transfer-Encoding: chunked\r\n";
    }
    const connection = this.headers.get("connection");
    this.#goesOn = hasEnd && this.#events.mayGoOn() && !/\bclose\b/i.test(String(connection ?? ""));
    if (connection === undefined) head += this.#goesOn ? this.#keepAliveLine : "Connection: close\r\n";
    return `${head}${framing}\r\n`;
  }

  /** The bytes of a piece of the body; none where the answer has no body. */
  #bodyOf(piece: string | Uint8Array): Buffer {
    if (this.#declaredLeft === 0) return nothing;
    const bytes = typeof piece === "string" ? Buffer.from(piece) : asBuffer(piece);
    if (this.#declaredLeft === undefined) return bytes;
    this.#declaredLeft -= bytes.length;
    if (this.#declaredLeft >= 0) return bytes;
    // Bytes beyond the announced length would be read as the next answer.
    this.destroy();
    return nothing;
  }
}

function sizeOf(piece: string | Uint8Array): number {
  return typeof piece === "string" ? Buffer.byteLength(piece) : piece.byteLength;
}
