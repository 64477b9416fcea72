import type { Socket } from "node:net";
import type { Agent, Dispatcher } from "undici";
import type { Cancellation } from "../registry/cancellation.ts";
import type { ConnectionAwareHandler } from "./connection-pool.ts";
import { codeOf } from "./upstream-error.ts";

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

  constructor(cause: Error, unprocessed: boolean) {
    super(cause.message, { cause });
    this.name = "ExchangeFailure";
    this.unprocessed = unprocessed;
  }
}

/** Codes of a connection that never opened. */
const connectFailures: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

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
  #socket: Socket | undefined;
  #bytesReadBefore = 0;
  #status = 0;
  #retryAfter: string | undefined;
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
      this.#controller?.abort(reason);
      reject(reason);
    });
  }

  onConnectionChosen(socket: Socket | undefined, bytesRead: number): void {
    this.#socket = socket;
    this.#bytesReadBefore = bytesRead;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
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
    const retryAfter = headers["retry-after"];
    this.#retryAfter = typeof retryAfter === "string" ? retryAfter : undefined;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#request.maxResponseBytes) {
      controller.abort(Object.assign(new Error("the answer is too large"), { code: "UND_ERR_RES_EXCEEDED_MAX_SIZE" }));
      return;
    }
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#stopWaiting();
    const body = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#size);
    this.#resolve({ status: this.#status, retryAfter: this.#retryAfter, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#stopWaiting();
    this.#reject(new ExchangeFailure(error, this.#unprocessed(error)));
  }

  /**
   * A connection that never opened, or one that had served before and was closed before one byte of this answer: the
   * server had closed it when the request was sent.
   */
  #unprocessed(error: Error): boolean {
    if (connectFailures.has(codeOf(error))) return true;
    return this.#bytesReadBefore > 0 && this.#socket?.bytesRead === this.#bytesReadBefore;
  }
}
