import type { Agent, Dispatcher } from "undici";
import type { Cancellation } from "../../base/cancellation.ts";
import type { BytesHolder, MemoryBudget } from "../../registry/memory-budget.ts";
import { answerTooLarge, decodeAnswer } from "./answer-encoding.ts";
import { type Connection, type ConnectionAwareHandler, isConnectFailure } from "./connection-pool.ts";

/** One HTTP request to a model server. */
export interface ExchangeRequest {
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
  /** Where a redirect leads. */
  readonly location: string | undefined;
  /** How many bytes of the body are JSON (`inference-header-content-length`); undefined where it does not say. */
  readonly jsonBytes?: number | undefined;
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

/**
 * Sends one request and reads the answer. Redirects are not followed. When the request is cancelled, the
 * connection is closed at once and the promise rejects with the reason.
 *
 * @throws ExchangeFailure
 */
export function exchange(agent: Agent, request: ExchangeRequest): Promise<ExchangeResponse> {
  return new Promise((resolve, reject) => {
    const { reason } = request.cancellation;
    if (reason !== undefined) {
      reject(reason);
      return;
    }
    const handler = new ExchangeHandler(request, resolve, reject);
    agent.dispatch(
      {
        origin: request.origin,
        path: request.path,
        method: request.method,
        headers: request.headers as string[],
        body: request.body,
        reset: request.closes ?? false,
      },
      handler,
    );
  });
}

class ExchangeHandler implements ConnectionAwareHandler {
  readonly #request: ExchangeRequest;
  readonly #resolve: (response: ExchangeResponse) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #stopWaiting: () => void;
  #controller: Dispatcher.DispatchController | undefined;
  #connection: Connection | undefined;
  #status = 0;
  #retryAfter: string | undefined;
  #location: string | undefined;
  #encoding: string | undefined;
  #jsonBytes: number | undefined;
  #size = 0;
  readonly #chunks: Buffer[] = [];

  constructor(
    request: ExchangeRequest,
    resolve: (response: ExchangeResponse) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#stopWaiting = request.cancellation.onCancel((reason) => {
      if (this.#controller !== undefined) this.#controller.abort(reason);
      // Nothing else waits for a connection that is just being opened: each has one request at a time.
      else this.#connection?.end();
      reject(reason);
    });
  }

  onConnectionChosen(connection: Connection): void {
    this.#connection = connection;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#connection !== undefined) this.#connection.awaitsHead = true;
    // The caller may have left while the request waited for its connection.
    const { reason } = this.#request.cancellation;
    if (reason !== undefined) controller.abort(reason);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.#status = status;
    // Another interim answer, such as 103 Early Hints.
    if (status < 200) return;
    if (this.#connection !== undefined) this.#connection.awaitsHead = false;
    this.#retryAfter = single(headers["retry-after"]);
    this.#location = single(headers.location);
    this.#encoding = single(headers["content-encoding"]);
    const jsonBytes = single(headers["inference-header-content-length"]);
    this.#jsonBytes = jsonBytes !== undefined && /^\d{1,15}$/.test(jsonBytes) ? Number(jsonBytes) : undefined;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#request.maxResponseBytes) {
      controller.abort(answerTooLarge());
      return;
    }
    const { memory, holder } = this.#request;
    if (memory !== undefined && holder !== undefined) {
      try {
        memory.take(holder, chunk.length);
      } catch (error) {
        controller.abort(error as Error);
        return;
      }
    }
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#stopWaiting();
    // After an exception KServe closes the connection without saying so: the next request would be lost on it.
    if (this.#status === 500) queueMicrotask(() => this.#connection?.end());
    const body = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#size);
    const head = {
      status: this.#status,
      retryAfter: this.#retryAfter,
      location: this.#location,
      jsonBytes: this.#jsonBytes,
    };
    if (this.#encoding === undefined || body.length === 0) {
      this.#resolve({ ...head, body });
      return;
    }
    decodeAnswer(body, this.#encoding, this.#request).then(
      (decoded) => this.#resolve({ ...head, body: decoded }),
      (error: Error) => this.#reject(new ExchangeFailure(error, false)),
    );
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#stopWaiting();
    this.#reject(new ExchangeFailure(error, isUnprocessed(error, this.#request)));
  }
}

function single(value: string | string[] | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** What an idle connection takes in one piece, so that a failed write has sent nothing at all. */
const atomicWriteBytes = 8192;

/**
 * Whether the server cannot have begun to work on a request: its connection never opened, or the system refused to send
 * it because the connection was closed by then. A connection that breaks after the request was sent says nothing about
 * what the server has done with it, not even when it breaks at once. Connections that the server has closed while they
 * were idle do not come this far: undici looks for that before it sends.
 */
function isUnprocessed(error: Error, { body }: ExchangeRequest): boolean {
  if (isConnectFailure(error)) return true;
  return (error as NodeJS.ErrnoException).syscall === "write" && (body?.byteLength ?? 0) <= atomicWriteBytes;
}
