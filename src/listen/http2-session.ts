import { constants, type ServerHttp2Session } from "node:http2";
import { type Http2Request, type RequestHandler, resetStream } from "../api/http.ts";
import { createClosingTurns } from "./closing-turns.ts";
import { growOld } from "./connection-age.ts";
import { burstSeconds, type ConnectionLimits } from "./connection-limits.ts";
import { limitFlood } from "./frame-flood.ts";
import { limitRate } from "./limit-rate.ts";

const calm = constants.NGHTTP2_ENHANCE_YOUR_CALM;

const closeInTurns = createClosingTurns();

/**
 * Enforces the limits of an HTTP/2 session. Node enforces those of its own options: streams, resets, invalid frames.
 */
export function limitSession(session: ServerHttp2Session, limits: ConnectionLimits): void {
  const streams = watchStreams(session);
  const forget = [
    closeWhenIdle(session, limits, streams),
    limitHeadTime(session, limits.headersTimeoutMs, streams),
    // The GOAWAY of `close` names the last accepted call, so clients know which of those on their way to repeat.
    growOld(limits, { retire: () => session.close(), cut: () => session.destroy() }),
  ];
  session.once("close", () => {
    for (const each of forget) each();
  });
  closeInTurns(session.socket, () => streams.open);
  limitControlFrames(session, limits.maxControlFrameRate);
  limitFlood(session);
  allowMoreStreams(session, limits.maxConcurrentStreams, streams);
}

/** The streams of a session, counted in one place for all limits: each call passes here. */
interface Streams {
  open: number;
  /** The highest id of a stream whose head is complete. */
  lastComplete: number;
  /** Since when there has been none. */
  idleSinceMs: number;
  readonly onOpen: (() => void)[];
  /** Called when the last that was open is closed. */
  readonly onIdle: (() => void)[];
}

function watchStreams(session: ServerHttp2Session): Streams {
  const streams: Streams = { open: 0, lastComplete: 0, idleSinceMs: performance.now(), onOpen: [], onIdle: [] };
  const onClose = (): void => {
    streams.open--;
    if (streams.open > 0) return;
    streams.idleSinceMs = performance.now();
    for (const listener of streams.onIdle) listener();
  };
  session.on("stream", (stream) => {
    streams.open++;
    streams.lastComplete = Math.max(streams.lastComplete, stream.id ?? 0);
    stream.on("close", onClose);
    for (const listener of streams.onOpen) listener();
  });
  return streams;
}

/**
 * How many concurrent calls a connection may have at first, and by how many the limit grows each time it is reached.
 * All of them can begin in one turn of the event loop, and each takes a part of it before anything can intervene.
 */
export const streamsPerStep = 100;

/** Raises the limit of concurrent calls when a client reaches it, step by step up to the maximum. */
function allowMoreStreams(session: ServerHttp2Session, maxStreams: number, streams: Streams): void {
  let allowed = Math.min(streamsPerStep, maxStreams);
  const allowMore = (): void => {
    // A client that has not acknowledged the last limit gets no higher one.
    if (streams.open < allowed || allowed === maxStreams || session.pendingSettingsAck || session.closed) return;
    allowed = Math.min(allowed + streamsPerStep, maxStreams);
    session.settings({ maxConcurrentStreams: allowed });
  };
  streams.onOpen.push(allowMore);
  session.on("localSettings", allowMore);
}

/**
 * Refuses heads above the limit from clients that have not acknowledged it: nghttp2 enforces it only after that, and a
 * hostile client never acknowledges. Sizes are those of RFC 9113, 6.5.2: 32 bytes for each header in addition.
 */
export function limitHeads(handler: RequestHandler, maxHeaderBytes: number): RequestHandler {
  return (request, response) => {
    const { stream } = response;
    if (stream?.session?.pendingSettingsAck === true) {
      let bytes = 0;
      for (const text of (request as Http2Request).rawHeaders) bytes += text.length + 16;
      if (bytes > maxHeaderBytes) {
        resetStream(stream, calm);
        return;
      }
    }
    handler(request, response);
  };
}

/** Timers of sessions are rounded to such steps: Node keeps memory for each duration of a timer until it is over. */
const lookStepMs = 100;

/** A call under way, however silent, keeps its session open. Pings alone do not. */
function closeWhenIdle(session: ServerHttp2Session, limits: ConnectionLimits, streams: Streams): () => void {
  const timeoutMs = limits.idleConnectionTimeoutMs;
  const look = (): void => {
    const leftMs = streams.open > 0 ? timeoutMs : streams.idleSinceMs + timeoutMs - performance.now();
    if (leftMs > 0) {
      timer = setTimeout(look, Math.ceil(leftMs / lookStepMs) * lookStepMs).unref();
      return;
    }
    session.close();
    // Node waits for calls with incomplete heads, which may never be completed.
    timer = setTimeout(() => session.destroy(), limits.headersTimeoutMs).unref();
  };
  let timer = setTimeout(look, timeoutMs).unref();
  return () => clearTimeout(timer);
}

/** How often incomplete heads are checked within their time limit. */
const headLooks = 4;

/**
 * Ends a session with a head that is not completed in time. Node announces a stream when its head is complete; that a
 * head has begun only shows in the stream id that nghttp2 has seen. Calls under way finish first.
 */
function limitHeadTime(session: ServerHttp2Session, timeoutMs: number, streams: Streams): () => void {
  /** Whether the session is closed because of a head, which it would wait for. */
  let isLate = false;
  let begun = { stream: 0, sinceMs: 0 };
  streams.onIdle.push(() => {
    if (isLate) session.destroy();
  });
  const look = (): void => {
    const last = session.state.lastProcStreamID ?? 0;
    const nowMs = performance.now();
    if (last <= streams.lastComplete) return;
    if (begun.stream !== last) begun = { stream: last, sinceMs: nowMs };
    else if (nowMs - begun.sinceMs < timeoutMs) return;
    else if (streams.open > 0) {
      isLate = true;
      session.close();
    } else session.destroy();
  };
  const timer = setInterval(look, timeoutMs / headLooks).unref();
  return () => clearInterval(timer);
}

/** Every PING and SETTINGS frame is answered, so a flood of them causes useless work. */
function limitControlFrames(session: ServerHttp2Session, perSecond: number): void {
  const isInRate = limitRate(perSecond, perSecond * burstSeconds);
  const count = (): void => {
    if (!isInRate() && !session.destroyed) session.destroy(new Error("a flood of control frames"), calm);
  };
  session.on("ping", count);
  session.on("remoteSettings", count);
}
