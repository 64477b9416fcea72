import { EventEmitter } from "node:events";
import type { IncomingHttpHeaders, ServerHttp2Session } from "node:http2";
import { Socket } from "node:net";
import type { Http2Request } from "../../api/http.ts";
import { type CallStream, onData } from "./call-stream.ts";

// biome-ignore lint/suspicious/noExplicitAny: each event has arguments of its own
type Listener = (...args: any[]) => void;

/** The socket of a closed session. */
const noSocket = new Socket();

/**
 * A request as handlers see it. It reads its body directly from its stream: Node's own request is a second stream on
 * top, which costs a small call a tenth of its time.
 */
export class Request extends EventEmitter implements Http2Request {
  readonly method: string;
  url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly httpVersion = "2.0";
  readonly httpVersionMajor = 2;
  readonly #stream: CallStream;
  // A closed stream has none.
  readonly #session: ServerHttp2Session | undefined;

  constructor(stream: CallStream, headers: IncomingHttpHeaders, rawHeaders: readonly string[]) {
    super();
    this.method = headers[":method"] ?? "";
    this.url = headers[":path"] ?? "";
    this.headers = headers;
    this.rawHeaders = rawHeaders;
    this.#stream = stream;
    this.#session = stream.session as ServerHttp2Session | undefined;
  }

  get socket(): Socket {
    return this.#session === undefined || this.#session.destroyed ? noSocket : this.#session.socket;
  }

  get complete(): boolean {
    return this.#stream.readableEnded || this.#stream.aborted || this.#stream.destroyed;
  }

  override on(event: string, listener: Listener): this {
    super.on(event, listener);
    if (event === "data" && this.listenerCount("data") === 1) this.#stream.on("data", onData);
    // An empty body may have ended while its call was queued.
    else if (event === "end" && this.#stream.readableEnded && !this.#stream.aborted) process.nextTick(listener);
    return this;
  }

  override off(event: string, listener: Listener): this {
    super.off(event, listener);
    if (event === "data" && this.listenerCount("data") === 0) this.#stream.off("data", onData);
    return this;
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  isPaused(): boolean {
    return this.#stream.isPaused();
  }

  iterator(options: { readonly destroyOnReturn: false }): AsyncIterableIterator<Buffer> {
    return this.#stream.iterator(options);
  }

  [Symbol.asyncIterator](): AsyncIterator<Buffer> {
    return this.#stream[Symbol.asyncIterator]();
  }

  stopIterators(): void {
    this.#stream.removeAllListeners("readable");
  }
}
