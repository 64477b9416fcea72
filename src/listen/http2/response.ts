import type { OutgoingHttpHeaders } from "node:http";
import type { Http2Response } from "../../api/http.ts";
import { assertHeader } from "../assert-header.ts";
import { ResponseHead } from "../response-head.ts";
import { type CallStream, onDrain, onWantTrailers } from "./call-stream.ts";
import type { Request } from "./request.ts";

// biome-ignore lint/suspicious/noExplicitAny: each event has arguments of its own
type Listener = (...args: any[]) => void;

/** An answer as handlers see it, written to the stream of its call. */
export class Response extends ResponseHead implements Http2Response {
  readonly req: Request;
  readonly stream: CallStream;
  #trailers: OutgoingHttpHeaders | undefined;
  #ended = false;
  #finished = false;
  /** Whether it is notified when there is room for more. */
  #drains = false;

  constructor(req: Request, stream: CallStream) {
    super();
    this.req = req;
    this.stream = stream;
  }

  get headersSent(): boolean {
    return this.stream.headersSent;
  }

  get writableEnded(): boolean {
    return this.#ended;
  }

  get writableFinished(): boolean {
    return this.stream.writableFinished;
  }

  get writableLength(): number {
    return this.stream.writableLength;
  }

  get destroyed(): boolean {
    return this.stream.destroyed;
  }

  flushHeaders(): void {
    this.#sendHead();
  }

  addTrailers(trailers: OutgoingHttpHeaders): void {
    for (const name in trailers) assertHeader(name, trailers[name]!);
    this.#trailers = this.#trailers === undefined ? trailers : { ...this.#trailers, ...trailers };
  }

  write(piece: string | Uint8Array): boolean {
    return !this.#ended && this.#sendHead() && this.stream.write(piece);
  }

  end(piece?: string | Uint8Array): this {
    if (this.#ended) return this;
    this.#ended = true;
    const isEmpty = piece === undefined || this.req.method === "HEAD";
    if (!this.#sendHead(isEmpty)) return this;
    if (isEmpty) this.stream.end();
    else this.stream.end(piece);
    return this;
  }

  destroy(): this {
    this.stream.destroy();
    return this;
  }

  override on(event: string, listener: Listener): this {
    super.on(event, listener);
    if (event === "drain" && !this.#drains) {
      this.#drains = true;
      this.stream.on("drain", onDrain);
    }
    return this;
  }

  /** The body has been sent. */
  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.emit("finish");
  }

  /** Ends the answer, whose body has been sent. */
  sendTrailers(): void {
    if (!this.stream.destroyed && !this.stream.closed) this.stream.sendTrailers(this.#trailers ?? {});
  }

  /**
   * Sends the head if it has not been sent. False where nothing can be sent any more.
   *
   * @param isEmpty whether no body follows
   */
  #sendHead(isEmpty = false): boolean {
    const { stream } = this;
    if (stream.destroyed || stream.closed) return false;
    if (stream.headersSent) return true;
    // Node handles an array faster than an object.
    const head: string[] = [":status", String(this.statusCode)];
    for (const [name, value] of this.headers) {
      if (Array.isArray(value)) for (const one of value) head.push(name, one);
      else head.push(name, String(value));
    }
    // Trailers may also be added while the body is written.
    const waitForTrailers = this.#trailers !== undefined || !this.#ended;
    if (waitForTrailers) stream.on("wantTrailers", onWantTrailers);
    stream.respond(head, { endStream: isEmpty && !waitForTrailers, waitForTrailers });
    return true;
  }
}
