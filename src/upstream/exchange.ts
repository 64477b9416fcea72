import type { Cancellation } from "../registry/cancellation.ts";
import type { BytesHolder, MemoryBudget } from "../registry/memory-budget.ts";
import type { Connection, ConnectionPool, ConnectionUser } from "./connection-pool.ts";
import { ResponseReader, type ResponseSink } from "./response-reader.ts";

/** One HTTP request to a model server. */
export interface ExchangeRequest {
  /** `http://10.0.0.1:8080` */
  readonly origin: string;
  readonly path: string;
  readonly method: "GET" | "POST";
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: Uint8Array | null;
  readonly maxResponseBytes: number;
  readonly cancellation: Cancellation<Error>;
  /** Closes the connection behind the answer. Default: false. */
  readonly closes?: boolean;
  /** Where the bytes of the answer are counted, and for which call. Default: nowhere. */
  readonly memory?: MemoryBudget;
  readonly holder?: BytesHolder | undefined;
}

/** One HTTP answer, read to its end. */
export interface ExchangeResponse {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: Uint8Array;
}

/** A request that got no answer. */
export class ExchangeFailure extends Error {
  /** Whether the request cannot have been processed, so that it may be sent again. */
  readonly unprocessed: boolean;
  declare readonly cause: Error;

  constructor(cause: Error, unprocessed: boolean) {
    super(cause.message, { cause });
    this.name = "ExchangeFailure";
    this.unprocessed = unprocessed;
  }
}

/** An answer above `maxResponseBytes`. */
export class AnswerTooLarge extends Error {}

/** A connection that was closed before its answer was complete. */
export class ConnectionLost extends Error {
  readonly code = "ERR_CONNECTION_LOST";
}

/**
 * Sends one request and reads the answer. Redirects are not followed. When the request is cancelled, the
 * connection is closed at once and the promise rejects with the reason.
 *
 * @throws ExchangeFailure
 */
export function exchange(pool: ConnectionPool, request: ExchangeRequest): Promise<ExchangeResponse> {
  return new Promise((resolve, reject) => {
    const { reason } = request.cancellation;
    if (reason !== undefined) {
      reject(reason);
      return;
    }
    try {
      new Exchange(pool, request, resolve, reject).start();
    } catch (error) {
      // No connection can be tried, or no such request be written.
      reject(new ExchangeFailure(error as Error, true));
    }
  });
}

class Exchange implements ConnectionUser, ResponseSink {
  readonly #pool: ConnectionPool;
  readonly #request: ExchangeRequest;
  readonly #resolve: (response: ExchangeResponse) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #head: string;
  #connection: Connection;
  #sent = false;
  readonly #reader = new ResponseReader(this);
  readonly #stopWaiting: () => void;
  #over = false;
  #size = 0;
  readonly #pieces: Buffer[] = [];

  constructor(
    pool: ConnectionPool,
    request: ExchangeRequest,
    resolve: (response: ExchangeResponse) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#pool = pool;
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#head = headOf(request);
    this.#connection = pool.take(request.origin);
    this.#stopWaiting = request.cancellation.onCancel((reason) => {
      this.#over = true;
      this.#connection.end();
      reject(reason);
    });
  }

  start(): void {
    this.#connection.user = this;
    // The server may have closed a connection that was idle. What has arrived by now shows before the end of the next turn
    // of the event loop; the end of this one may come before the system is asked again.
    const connection = this.#connection;
    const send = (): void => {
      if (this.#connection === connection) this.#send();
    };
    if (connection.reused) setImmediate(() => setImmediate(send));
    else this.#send();
  }

  onData(piece: Buffer): void {
    if (this.#over) return;
    // What comes before the request has been sent is no answer to it.
    if (!this.#sent) {
      this.#connection.end();
      return;
    }
    try {
      const used = this.#reader.read(piece);
      // What comes behind the answer belongs to nobody.
      if (this.#reader.complete) this.#finish(used === piece.length);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  onContent(piece: Buffer): void {
    const { maxResponseBytes, memory, holder } = this.#request;
    this.#size += piece.length;
    if (this.#size > maxResponseBytes) throw new AnswerTooLarge(`more than ${maxResponseBytes} bytes`);
    if (memory !== undefined && holder !== undefined) memory.take(holder, piece.length);
    this.#pieces.push(piece);
  }

  onEnd(): void {
    if (!this.#over && this.#reader.end()) this.#finish(false);
    // Nothing more can come, so nothing more is to be sent.
    else this.#connection.end();
  }

  onLost(error: Error | undefined): void {
    if (this.#over) return;
    if (this.#connection.reused && !this.#sent) {
      try {
        this.#connection = this.#pool.take(this.#request.origin);
        this.start();
      } catch (cause) {
        this.#fail(cause as Error);
      }
      return;
    }
    this.#fail(error ?? new ConnectionLost("the connection was closed before the answer was complete"));
  }

  #send(): void {
    // A connection that is not usable any more is about to say that it is lost.
    if (this.#over || !this.#connection.usable) return;
    this.#sent = true;
    const { body } = this.#request;
    const { socket } = this.#connection;
    const head = this.#head;
    if (body === null) {
      socket.write(head, "latin1");
    } else if (body.length <= joinedBytes) {
      // One piece costs the system less than two.
      const joined = Buffer.allocUnsafe(head.length + body.length);
      joined.write(head, "latin1");
      joined.set(body, head.length);
      socket.write(joined);
    } else {
      socket.cork();
      socket.write(head, "latin1");
      socket.write(body);
      socket.uncork();
    }
  }

  #finish(clean: boolean): void {
    this.#over = true;
    this.#stopWaiting();
    const { status, retryAfter, keepAliveMs } = this.#reader;
    const { origin, closes } = this.#request;
    const connection = this.#connection;
    // After an exception KServe closes the connection without saying so: the next request would be lost on it. Nor can
    // one be used whose request is still on its way.
    const spent = !clean || closes === true || status === 500 || connection.socket.writableLength > 0;
    if (spent) connection.end();
    else this.#pool.keep(origin, connection, keepAliveMs);
    const body = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces, this.#size);
    this.#resolve({ status, retryAfter, body });
  }

  #fail(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopWaiting();
    this.#connection.end();
    this.#reject(new ExchangeFailure(error, isUnprocessed(error, this.#connection, this.#request)));
  }
}

/** Up to this size the body is copied behind the head. */
const joinedBytes = 16 * 1024;

/** What may stand in the value of a header (RFC 9110, 5.5). */
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The head of a request, as text with one byte per character. */
function headOf({ origin, path, method, headers, body, closes }: ExchangeRequest): string {
  const host = origin.slice(origin.indexOf("//") + 2);
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: ${closes === true ? "close" : "keep-alive"}\r\n`;
  for (let i = 0; i < headers.length; i += 2) {
    const value = headers[i + 1]!;
    // Servers take no others, so none should come this far.
    if (!headerValue.test(value)) throw new TypeError(`the header ${headers[i]} holds what no header can`);
    head += `${headers[i]}: ${value}\r\n`;
  }
  return body === null ? `${head}\r\n` : `${head}content-length: ${body.length}\r\n\r\n`;
}

/** What an idle connection takes in one piece, so that a failed write has sent nothing at all. */
const atomicWriteBytes = 8192;

/**
 * Whether the server cannot have begun to work on a request: its connection never opened, or the system refused to send
 * it because the connection was closed by then. A connection that breaks after the request was sent says nothing about
 * what the server has done with it, not even when it breaks at once.
 */
function isUnprocessed(error: Error, connection: Connection, { body }: ExchangeRequest): boolean {
  if (!connection.opened) return true;
  return (error as NodeJS.ErrnoException).syscall === "write" && (body?.byteLength ?? 0) <= atomicWriteBytes;
}
