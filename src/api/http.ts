import type { IncomingHttpHeaders, OutgoingHttpHeader, OutgoingHttpHeaders } from "node:http";
import { constants, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { withoutStack } from "../base/without-stack.ts";

// biome-ignore lint/suspicious/noExplicitAny: each event has arguments of its own
type Listener = (...args: any[]) => void;

/**
 * A request of HTTP/1.1. Its body arrives by `data` events once there is a listener, and nothing is read before. `end`
 * says that the body is complete, and `close` that no more will come. Node's own requests satisfy this as well.
 */
export interface Http1Request {
  readonly method?: string | undefined;
  url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly httpVersion: string;
  readonly httpVersionMajor: number;
  readonly socket: Socket;
  /** Whether the body has come to its end. */
  readonly complete: boolean;
  on(event: "data" | "end" | "close" | "error", listener: Listener): unknown;
  once(event: "end" | "close" | "error", listener: Listener): unknown;
  off(event: "data" | "end" | "close" | "error", listener: Listener): unknown;
  pause(): unknown;
  resume(): unknown;
  isPaused(): boolean;
  /** The body piece by piece. */
  iterator(options: { readonly destroyOnReturn: false }): AsyncIterableIterator<Buffer>;
  [Symbol.asyncIterator](): AsyncIterator<Buffer>;
}

/**
 * A response of HTTP/1.1. `drain` says that there is room for more, `finish` that all of it has been sent, and `close`
 * that nothing more will be sent. Node's own responses satisfy this as well.
 */
export interface Http1Response {
  readonly req: Http1Request;
  /** Distinguishes it from a response of HTTP/2. */
  readonly stream?: undefined;
  statusCode: number;
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
  readonly writableFinished: boolean;
  /** How many bytes wait to be sent. */
  readonly writableLength: number;
  readonly destroyed: boolean;
  getHeader(name: string): OutgoingHttpHeader | undefined;
  getHeaders(): OutgoingHttpHeaders;
  hasHeader(name: string): boolean;
  /** @throws TypeError for a name or a value that a header cannot have */
  setHeader(name: string, value: OutgoingHttpHeader): unknown;
  removeHeader(name: string): void;
  writeHead(status: number, headers?: OutgoingHttpHeaders): unknown;
  flushHeaders(): void;
  addTrailers(trailers: OutgoingHttpHeaders): void;
  /** @returns whether there is room for more */
  write(piece: string | Uint8Array): boolean;
  end(content?: string | Uint8Array): unknown;
  /** Breaks it off, with its connection. */
  destroy(): unknown;
  on(event: "drain" | "finish" | "close", listener: Listener): unknown;
  once(event: "drain" | "finish" | "close", listener: Listener): unknown;
  off(event: "drain" | "finish" | "close", listener: Listener): unknown;
}

/** A request of HTTP/2. */
export interface Http2Request extends Http1Request {
  /** Names and values alternately, as received. */
  readonly rawHeaders: readonly string[];
  /** Iterations over the body get no more of it, and end with the stream. */
  stopIterators(): void;
}

/** A response of HTTP/2. */
export interface Http2Response extends Omit<Http1Response, "req" | "stream"> {
  readonly req: Http2Request;
  readonly stream: ServerHttp2Stream;
}

/** A request, of HTTP/1.1 or of HTTP/2. */
export type HttpRequest = Http1Request | Http2Request;

/** Its response. */
export type HttpResponse = Http1Response | Http2Response;

/** One handler serves both versions. */
export type RequestHandler = (request: HttpRequest, response: HttpResponse) => void;

/** An object that all calls of one client share: its connection. */
export function connectionOf(request: HttpRequest, response: HttpResponse): object {
  return response.stream?.session ?? request.socket;
}

/** Whether the caller has disconnected. */
export function hasLeft(response: HttpResponse): boolean {
  return response.stream === undefined ? response.destroyed : response.stream.destroyed;
}

/** Ends an answer in the middle, so that its caller cannot take it for whole. */
export function breakOff(response: HttpResponse): void {
  if (response.stream === undefined) response.destroy();
  else resetStream(response.stream, constants.NGHTTP2_INTERNAL_ERROR);
}

/** Ends a stream with a code, of which Node makes an error. It is destroyed at once: later, a stack would be noted with that. */
export function resetStream(stream: ServerHttp2Stream, code: number): void {
  withoutStack(() => {
    stream.close(code);
    stream.destroy();
  });
}

/** Resolves when more can be written, or when the response has closed. */
export function drained(response: HttpResponse): Promise<void> {
  // A destroyed response emits `close` only once, and may have done so already.
  if (response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.on("drain", done);
    response.on("close", done);
  });
}

/** Without a reason, each abort would make an error, whose stack costs much. */
const callerLeft = new Error("the caller has left");

/** A signal that aborts when the caller disconnects before its answer is complete. */
export function callerSignal(response: HttpResponse): AbortSignal {
  const left = new AbortController();
  response.once("close", () => {
    if (!response.writableEnded) left.abort(callerLeft);
  });
  return left.signal;
}
