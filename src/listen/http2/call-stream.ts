import type { EventEmitter } from "node:events";
import type { ServerHttp2Stream } from "node:http2";
import { tellInTurn } from "../tell-in-turn.ts";

/** Those who learn of what happens to a stream. */
interface Call {
  readonly request: EventEmitter;
  readonly response: EventEmitter & {
    /** All of the body is out. */
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
 * Lets a request and a response learn of what happens to their stream until it closes. Node keeps a stream that is over until
 * all memory is searched, and whatever its listeners hold; so these hold nothing.
 */
export function joinCall(stream: CallStream, joined: Call): void {
  stream[call] = joined;
  stream.on("end", onEnd);
  stream.on("finish", onFinish);
  stream.on("close", onClose);
}

function onEnd(this: CallStream): void {
  // Node ends what is read of a call that breaks off, too: that is no whole body, and nothing is to be done with it.
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

/** Hands the body on. */
export function onData(this: CallStream, piece: Buffer): void {
  this[call]?.request.emit("data", piece);
}

/** There is room for more of the answer. */
export function onDrain(this: CallStream): void {
  this[call]?.response.emit("drain");
}

/** The body of the answer is out, and its trailers are to come. */
export function onWantTrailers(this: CallStream): void {
  const response = this[call]?.response;
  response?.finish();
  response?.sendTrailers();
}
