import { ExchangeFailure, type ExchangeRequest } from "../http/exchange.ts";
import type { AnswerHead } from "./answer-head.ts";

/** What came back: the head, and the body as it was sent. */
export interface RawAnswer {
  readonly head: AnswerHead;
  readonly body: Buffer;
}

/** The most that an idle connection accepts in one write, so that a failed write has sent nothing at all. */
const atomicWriteBytes = 8192;

/** A request on its way. It is answered, fails or is cancelled, once. */
export class PendingExchange {
  readonly request: ExchangeRequest;
  /** As it is sent. */
  readonly head: string;
  /** The connection that is opened for it, or that it was sent on. */
  connection: { close(): void } | undefined;
  readonly #resolve: (answer: RawAnswer) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #stopWaiting: () => void;
  #isOver = false;

  constructor(
    head: string,
    request: ExchangeRequest,
    resolve: (answer: RawAnswer) => void,
    reject: (reason: unknown) => void,
  ) {
    this.head = head;
    this.request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#stopWaiting = request.cancellation.onCancel((reason) => {
      this.#isOver = true;
      // No other request waits for a connection that is being opened: each has one request at a time.
      this.connection?.close();
      reject(reason);
    });
  }

  /** Whether nobody waits for it any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  answer(answer: RawAnswer): void {
    this.#end();
    this.#resolve(answer);
  }

  /** @param opened whether its connection was open */
  fail(error: Error, opened: boolean): void {
    if (this.#isOver) return;
    this.#end();
    this.#reject(new ExchangeFailure(error, !opened || this.#isUnsent(error)));
  }

  #end(): void {
    this.#isOver = true;
    this.#stopWaiting();
  }

  /**
   * Whether the system refused to send the request because the connection was already closed. A connection that breaks
   * after sending says nothing about what the server has done with the request, not even if it breaks at once.
   */
  #isUnsent(error: Error): boolean {
    const { body } = this.request;
    return (error as NodeJS.ErrnoException).syscall === "write" && (body?.byteLength ?? 0) <= atomicWriteBytes;
  }
}
