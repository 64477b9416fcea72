import { type ClientHttp2Stream, constants, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http2";
import { type AnswerLimits, answerTooLarge } from "../http/answer-encoding.ts";
import { ExchangeFailure } from "../http/exchange.ts";
import { connectionError } from "./connection-error.ts";
import { Pieces } from "./pieces.ts";
import type { Session } from "./session.ts";

/** One HTTP/2 answer, read to its end. */
export interface UnaryAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Empty where the server sent none; what it says without a body is among the headers. */
  readonly trailers: IncomingHttpHeaders;
  /** The body as it came, `size` bytes in all. */
  readonly chunks: readonly Buffer[];
  readonly size: number;
}

/** More interim answers (HTTP 1xx) than this are no answer. */
const maxInterimAnswers = 16;
const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } = constants;
const { NGHTTP2_FLAG_END_STREAM } = constants;

/**
 * Sends one request on a session where room is reserved, which it gives back, and reads the answer. When it is cancelled,
 * the stream is reset at once and the promise rejects with the reason.
 *
 * @throws ExchangeFailure
 */
export function unary(
  session: Session,
  head: OutgoingHttpHeaders,
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
    let stream: ClientHttp2Stream;
    try {
      stream = session.request(head);
    } catch (error) {
      session.release();
      reject(new ExchangeFailure(session.failure ?? whyBroken(session, NGHTTP2_NO_ERROR, error), true));
      return;
    }
    readAnswer(session, stream, limits, resolve, reject);
    stream.cork();
    for (const chunk of chunks) stream.write(chunk);
    stream.uncork();
    stream.end();
  });
}

function readAnswer(
  session: Session,
  stream: ClientHttp2Stream,
  { maxResponseBytes, cancellation, memory, holder }: AnswerLimits,
  resolve: (answer: UnaryAnswer) => void,
  reject: (reason: unknown) => void,
): void {
  let headers: IncomingHttpHeaders | undefined;
  let trailers: IncomingHttpHeaders = {};
  /** Whether the server has said all that it has to say. */
  let ended = false;
  let settled = false;
  let interimAnswers = 0;
  let failure: Error | undefined;
  const pieces = new Pieces();

  const fail = (error: unknown): void => {
    settled = true;
    stopWaiting();
    reject(error);
    stream.close(NGHTTP2_CANCEL);
  };
  const stopWaiting = cancellation.onCancel(fail);
  const succeed = (head: IncomingHttpHeaders): void => {
    settled = true;
    stopWaiting();
    resolve({ status: Number(head[":status"]), headers: head, trailers, chunks: pieces.list, size: pieces.size });
  };

  stream.on("headers", () => {
    if (++interimAnswers > maxInterimAnswers && !settled) {
      fail(new ExchangeFailure(connectionError("ERR_HTTP2_BROKEN", "too many interim answers"), false));
    }
  });
  stream.once("response", (head, flags) => {
    session.heard();
    headers = head;
    ended = (flags & NGHTTP2_FLAG_END_STREAM) !== 0;
  });
  stream.on("data", (chunk: Buffer) => {
    if (settled) return;
    session.heard();
    try {
      if (pieces.size + chunk.length > maxResponseBytes) throw answerTooLarge();
      if (memory !== undefined && holder !== undefined) memory.take(holder, chunk.length);
    } catch (error) {
      fail(new ExchangeFailure(error as Error, false));
      return;
    }
    pieces.push(chunk);
  });
  stream.once("trailers", (head) => {
    trailers = head;
    ended = true;
  });
  stream.once("end", () => {
    if (settled || headers === undefined || !ended) return;
    succeed(headers);
    // It has answered without having read all of the request.
    if (!stream.writableFinished) stream.close(NGHTTP2_CANCEL);
  });
  stream.once("error", (error) => {
    failure = error;
  });
  stream.once("close", () => {
    session.release();
    if (settled) return;
    const { rstCode } = stream;
    // A server may also reset a stream like this without another word: what is missing then is for the protocol to find.
    if (headers !== undefined && rstCode === NGHTTP2_NO_ERROR && failure === undefined) {
      succeed(headers);
      return;
    }
    stopWaiting();
    // Why its connection ended is known a little later.
    setImmediate(() => {
      const unprocessed = headers === undefined && (rstCode === NGHTTP2_REFUSED_STREAM || session.leftOut(stream));
      reject(new ExchangeFailure(session.failure ?? whyBroken(session, rstCode, failure), unprocessed));
    });
  });
}

function whyBroken({ isSettled }: Session, rstCode: number, cause: unknown): Error {
  // The settings of a server come first: what comes in their place is no frame at all.
  if (!isSettled && rstCode === NGHTTP2_INTERNAL_ERROR) return connectionError("ERR_NOT_HTTP2", "no frame came", cause);
  return connectionError("ECONNRESET", `the stream ended without an answer (code ${rstCode})`, cause);
}
