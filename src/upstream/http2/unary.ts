import { errorCode } from "../../base/http2-frames.ts";
import { type AnswerLimits, answerTooLarge } from "../http/answer-limits.ts";
import { ExchangeFailure } from "../http/exchange.ts";
import type { ClientStream, StreamReceiver } from "./client-stream.ts";
import { connectionError } from "./connection-error.ts";
import type { Headers } from "./hpack/head-decoder.ts";
import { Pieces } from "./pieces.ts";
import type { Session } from "./session.ts";

/** One HTTP/2 answer, read to its end. */
export interface UnaryAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Empty where the server sent none; what it says without a body is among the headers. */
  readonly trailers: Headers;
  /** The body as it came, `size` bytes in all. */
  readonly chunks: readonly Buffer[];
  readonly size: number;
}

/** More interim answers (HTTP 1xx) than this are not an answer. */
const maxInterimAnswers = 16;

/**
 * Sends one request on a session where room is reserved, which it gives back, and reads the answer. When it is cancelled,
 * the stream is reset at once and the promise rejects with the reason.
 *
 * @param head the headers of the request as HPACK has them, one character for each byte
 * @throws ExchangeFailure
 */
export function unary(
  session: Session,
  head: string,
  chunks: readonly Uint8Array[],
  limits: AnswerLimits,
): Promise<UnaryAnswer> {
  return new Promise((resolve, reject) => {
    const { reason } = limits.cancellation;
    if (reason !== undefined) {
      session.release();
      reject(reason);
      return;
    }
    const call = new UnaryCall(session, limits, resolve, reject);
    const stream = session.open(head, chunks, call);
    if (stream !== undefined) {
      call.began(stream);
      return;
    }
    session.release();
    reject(new ExchangeFailure(session.failure ?? whyBroken(errorCode.noError), true));
  });
}

const noHeaders: Headers = {};

class UnaryCall implements StreamReceiver {
  readonly #session: Session;
  readonly #limits: AnswerLimits;
  readonly #resolve: (answer: UnaryAnswer) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #pieces = new Pieces();
  #stream: ClientStream | undefined;
  #stopWaiting: (() => void) | undefined;
  #headers: Headers | undefined;
  #trailers = noHeaders;
  #interimAnswers = 0;

  constructor(
    session: Session,
    limits: AnswerLimits,
    resolve: (answer: UnaryAnswer) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#session = session;
    this.#limits = limits;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  began(stream: ClientStream): void {
    this.#stream = stream;
    this.#stopWaiting = this.#limits.cancellation.onCancel((reason) => this.#fail(reason));
  }

  interim(): void {
    if (++this.#interimAnswers <= maxInterimAnswers) return;
    this.#fail(new ExchangeFailure(connectionError("ERR_HTTP2_BROKEN", "too many interim answers"), false));
  }

  head(headers: Headers): void {
    this.#headers = headers;
  }

  data(piece: Buffer): void {
    const { maxResponseBytes, memory, holder } = this.#limits;
    try {
      if (this.#pieces.size + piece.length > maxResponseBytes) throw answerTooLarge();
      if (memory !== undefined && holder !== undefined) memory.take(holder, piece.length);
    } catch (error) {
      this.#fail(new ExchangeFailure(error as Error, false));
      return;
    }
    this.#pieces.push(piece);
  }

  trailers(headers: Headers): void {
    this.#trailers = headers;
  }

  end(): void {
    const { size, list: chunks } = this.#pieces;
    const headers = this.#headers!;
    this.#over();
    this.#resolve({ status: Number(headers[":status"]), headers, trailers: this.#trailers, chunks, size });
  }

  broken(code: number, cause?: Error): void {
    // A server may also reset a stream like this without another word: what is missing then is for the protocol to find.
    if (this.#headers !== undefined && code === errorCode.noError && cause === undefined) {
      this.end();
      return;
    }
    const hasBegun = this.#headers !== undefined || cause !== undefined;
    const unprocessed = !hasBegun && (code === errorCode.refusedStream || this.#session.leftOut(this.#stream!));
    const failure = this.#session.failure ?? whyBroken(code, cause);
    this.#over();
    this.#reject(new ExchangeFailure(failure, unprocessed));
  }

  /** Gives up. */
  #fail(error: unknown): void {
    this.#session.reset(this.#stream!, errorCode.cancel);
    this.#over();
    this.#reject(error);
  }

  #over(): void {
    this.#stopWaiting?.();
    this.#session.release();
  }
}

function whyBroken(code: number, cause?: Error): Error {
  if (cause !== undefined) return connectionError("ERR_HTTP2_BROKEN", cause.message, cause);
  return connectionError("ECONNRESET", `the stream ended without an answer (code ${code})`);
}
