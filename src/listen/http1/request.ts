import { EventEmitter } from "node:events";
import type { IncomingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import type { Http1Request } from "../../api/http.ts";
import type { RequestHead } from "./request-head.ts";

// biome-ignore lint/suspicious/noExplicitAny: each event has arguments of its own
type Listener = (...args: any[]) => void;

/** The source of a request's body. */
export interface BodySource {
  /** The body may flow, from the next tick on at the latest. */
  flow(): void;
}

/** A request as handlers see it. It buffers nothing of its body: what nobody asks for is not read. */
export class Request extends EventEmitter implements Http1Request {
  readonly method: string;
  url: string;
  readonly headers: IncomingHttpHeaders;
  readonly httpVersion: string;
  readonly httpVersionMajor = 1;
  readonly socket: Socket;
  readonly #source: BodySource;
  /** Undefined until somebody reads the body. */
  #flows: boolean | undefined;
  #complete = false;
  #closed = false;

  constructor({ method, target, minorVersion, headers }: RequestHead, socket: Socket, source: BodySource) {
    super();
    this.method = method;
    this.url = target;
    this.headers = headers;
    this.httpVersion = minorVersion === 1 ? "1.1" : "1.0";
    this.socket = socket;
    this.#source = source;
  }

  get complete(): boolean {
    return this.#complete;
  }

  /** Whether its body is being read. */
  get flows(): boolean {
    return this.#flows === true;
  }

  override on(event: string, listener: Listener): this {
    super.on(event, listener);
    if (event === "data" && this.#flows === undefined) this.resume();
    return this;
  }

  pause(): this {
    this.#flows = false;
    return this;
  }

  resume(): this {
    this.#flows = true;
    this.#source.flow();
    return this;
  }

  isPaused(): boolean {
    return this.#flows === false;
  }

  /** Reads the body no faster than it is consumed. It may be left before its end. */
  async *iterator(): AsyncGenerator<Buffer, undefined> {
    const pieces: Buffer[] = [];
    let isOver = this.#complete || this.#closed;
    let wake = (): void => {};
    const onData = (piece: Buffer): void => {
      this.pause();
      pieces.push(piece);
      wake();
    };
    const onOver = (): void => {
      isOver = true;
      wake();
    };
    this.on("data", onData);
    this.on("end", onOver);
    this.on("close", onOver);
    try {
      for (;;) {
        const piece = pieces.shift();
        if (piece !== undefined) yield piece;
        else if (!isOver) {
          const woken = new Promise<void>((resolve) => {
            wake = resolve;
          });
          this.resume();
          await woken;
        } else if (this.#complete) return;
        else throw aborted();
      }
    } finally {
      this.off("data", onData);
      this.off("end", onOver);
      this.off("close", onOver);
      this.pause();
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<Buffer, undefined> {
    return this.iterator();
  }

  /** Passes a piece of the body on. */
  push(piece: Buffer): void {
    this.emit("data", piece);
  }

  /** The body is complete. */
  finish(): void {
    this.#complete = true;
    this.emit("end");
  }

  /** No more of its body comes. */
  close(): void {
    if (this.#closed || this.#complete) return;
    this.#closed = true;
    if (this.listenerCount("error") > 0) this.emit("error", aborted());
    this.emit("close");
  }
}

function aborted(): Error {
  return Object.assign(new Error("aborted"), { code: "ECONNRESET" });
}
