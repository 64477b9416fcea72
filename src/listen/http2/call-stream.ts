import type { EventEmitter } from "node:events";
import type { ServerHttp2Stream } from "node:http2";
import { tellInTurn } from "../tell-in-turn.ts";

/** The request and the response of a stream, which learn of its events. */
interface Call {
  readonly request: EventEmitter;
  readonly response: EventEmitter & {
    /** The body has been sent completely. */
    finish(): void;
    sendTrailers(): void;
  };
}

const call = Symbol("call");

/** The stream of a call. */
export interface CallStream extends ServerHttp2Stream {
  [call]?: Call | undefined;
}

/**
 * Connects a request and a response to the events of their stream until it closes. Node keeps closed streams, and
 * everything that their listeners refer to, until the next full garbage collection; so these refer to nothing.
 */
export function joinCall(stream: CallStream, joined: Call): void {
  stream[call] = joined;
  stream.on("end", onEnd);
  stream.on("finish", onFinish);
  stream.on("close", onClose);
}

function onEnd(this: CallStream): void {
  // Node also emits `end` when a call is aborted: the body is then incomplete, and must not be processed.
  if (!this.aborted) this[call]?.request.emit("end");
}

function onFinish(this: CallStream): void {
  this[call]?.response.finish();
}

function onClose(this: CallStream): void {
  const joined = this[call];
  if (joined === undefined) return;
  this[call] = undefined;
  if (this.aborted) tellInTurn(() => close(joined));
  else close(joined);
}

function close({ request, response }: Call): void {
  request.emit("close");
  response.emit("close");
}

/** Passes the body on. */
export function onData(this: CallStream, piece: Buffer): void {
  this[call]?.request.emit("data", piece);
}

/** There is room for more of the answer. */
export function onDrain(this: CallStream): void {
  this[call]?.response.emit("drain");
}

/** The body of the answer has been sent, and its trailers are next. */
export function onWantTrailers(this: CallStream): void {
  const response = this[call]?.response;
  response?.finish();
  response?.sendTrailers();
}
