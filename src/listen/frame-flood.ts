import { constants, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import { whenNotBusy } from "../base/yield-if-busy.ts";
import { holdSession } from "./session-reads.ts";

/** How many bytes of frames outside of calls a session may send at once, and per second. */
const burstBytes = 128 * 1024;
const bytesPerSecond = 512 * 1024;

/**
 * In addition, this part of what it has been sent: a client that reads 4 KiB at a time extends the windows of stream
 * and connection each time, with WINDOW_UPDATE frames of 13 bytes.
 */
const partOfSent = 1 / 64;

/**
 * The most bytes that are counted as part of a call before they arrive and may come after a later check: what is still
 * on its way of bodies that were refused.
 */
const expectedBytes = 4 * 1024 * 1024;

/** How often sessions are checked: floods are processed below JavaScript, and no event reports them. */
const lookMs = 1000;

/** They are checked sooner while the event loop is busy for more than this part of the time, as a flood makes it. */
const busyPart = 0.5;
const calmTickMs = 25;
const busyTickMs = 5;

/** Checks take this part of the time at most, however many sessions there are. */
const lookPart = 0.05;

/** For the header of a frame, and a little padding. */
const frameBytes = 64;

/** For the frames of a head besides its text: lengths and padding. */
const headBytes = 512;

/** How many bytes a session has sent, and how many of them are known to belong to calls. */
interface Watched {
  readonly session: ServerHttp2Session;
  callBytes: number;
  /** The unexplained bytes at the last check. */
  otherBytes: number;
  /** The bytes of calls that may still arrive. */
  expectedBytes: number;
  /** The recent unexplained bytes, less what is allowed in that time. */
  excessBytes: number;
}

const all = new Set<Watched>();
let timer: NodeJS.Timeout | undefined;
let lookedMs = 0;
/** How long the last check took. */
let lookLengthMs = 0;
let utilization = performance.eventLoopUtilization();

/**
 * Ends a session that sends megabytes outside of calls, such as WINDOW_UPDATE frames. Each costs next to nothing, but
 * Node processes up to 2 MiB of a connection in one turn of the event loop, which is 160,000 frames, without any event.
 */
export function limitFlood(session: ServerHttp2Session): void {
  const { bytesRead } = session.socket;
  const watched: Watched = { session, callBytes: bytesRead, otherBytes: 0, expectedBytes: 0, excessBytes: 0 };
  session.on("stream", (stream, _headers, flags, texts) => {
    watched.callBytes += headBytes;
    for (const text of texts) watched.callBytes += text.length;
    if ((flags & constants.NGHTTP2_FLAG_END_STREAM) === 0) countBody(stream, watched);
  });
  all.add(watched);
  session.once("close", () => forget(watched));
  if (timer !== undefined) return;
  lookedMs = performance.now();
  timer = setTimeout(tick, calmTickMs).unref();
}

/** Counts the frames of a body as they arrive, whoever reads them. */
function countBody(stream: ServerHttp2Stream, watched: Watched): void {
  // What arrived together with the head.
  watched.callBytes += stream.readableLength + frameBytes;
  let isComplete = false;
  const push = stream.push;
  stream.push = (chunk: Uint8Array | null, encoding) => {
    if (chunk !== null) watched.callBytes += chunk.byteLength + frameBytes;
    // Node also emits `end` for a stream that it closes.
    else if (!stream.closed) isComplete = true;
    return push.call(stream, chunk, encoding);
  };
  stream.on("close", () => {
    // The part of an unwanted body that is already on its way still arrives.
    if (!isComplete) watched.callBytes += watched.session.localSettings.initialWindowSize ?? 0;
  });
}

function forget(watched: Watched): void {
  all.delete(watched);
  if (all.size > 0) return;
  clearTimeout(timer);
  timer = undefined;
}

function tick(): void {
  const nowMs = performance.now();
  const before = utilization;
  utilization = performance.eventLoopUtilization();
  const isBusy = performance.eventLoopUtilization(utilization, before).utilization > busyPart;
  const waitMs = isBusy ? lookLengthMs / lookPart : lookMs;
  // It may close the last session.
  timer = setTimeout(tick, isBusy ? busyTickMs : calmTickMs).unref();
  if (nowMs - lookedMs >= waitMs) lookAround(nowMs);
}

function lookAround(nowMs: number): void {
  const allowedBytes = ((nowMs - lookedMs) / 1000) * bytesPerSecond;
  lookedMs = nowMs;
  const floods: ServerHttp2Session[] = [];
  for (const watched of all) {
    const { session } = watched;
    if (session.destroyed) continue;
    const { bytesRead, bytesWritten } = session.socket;
    const otherBytes = bytesRead - watched.callBytes - bytesWritten * partOfSent;
    const cameBytes = otherBytes - watched.otherBytes - watched.expectedBytes;
    watched.otherBytes = otherBytes;
    watched.expectedBytes = Math.min(expectedBytes, Math.max(0, -cameBytes));
    watched.excessBytes = Math.max(0, watched.excessBytes + Math.max(0, cameBytes) - allowedBytes);
    if (watched.excessBytes > burstBytes) floods.push(session);
  }
  lookLengthMs = performance.now() - nowMs;
  for (const session of floods) void end(session);
}

/** Ends a session in a turn that has time for it: all of its calls end as well. */
async function end(session: ServerHttp2Session): Promise<void> {
  holdSession(session);
  await whenNotBusy(session);
  session.destroy(new Error("a flood of frames that belong to no call"), constants.NGHTTP2_ENHANCE_YOUR_CALM);
}
