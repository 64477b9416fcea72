import { constants, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import { whenNotBusy } from "../base/yield-if-busy.ts";
import { holdSession } from "./session-reads.ts";

/** So many bytes of frames that are no part of a call a session may send at once, and in a second. */
const burstBytes = 128 * 1024;
const bytesPerSecond = 512 * 1024;

/**
 * And such a part of what it has been sent: a client that reads 4 KiB at a time lets its stream and its connection go on by as
 * much each time, with a WINDOW_UPDATE frame of 13 bytes.
 */
const partOfSent = 1 / 64;

/** So much of what is known to come may come after the next looks: what is on its way of bodies that were refused. */
const expectedBytes = 4 * 1024 * 1024;

/** Sessions are looked at so often: a flood is worked off beneath JavaScript, and no event says so. */
const lookMs = 1000;

/** And sooner while the event loop is busy, as a flood makes it: for more than this part of the time. */
const busyPart = 0.5;
const calmTickMs = 25;
const busyTickMs = 5;

/** Looks take this part of the time at most, however many sessions there are. */
const lookPart = 0.05;

/** For the head of a frame, and what little padding there may be. */
const frameBytes = 64;

/** Beside its text, for the frames of a head: how long each of its texts is, and padding. */
const headBytes = 512;

/** What a session has sent, in bytes, and how much of it is known to belong to calls. */
interface Watched {
  readonly session: ServerHttp2Session;
  callBytes: number;
  /** How much was unexplained when it was last looked at. */
  otherBytes: number;
  /** How much may still come of calls. */
  expectedBytes: number;
  /** How much has come lately, less what may come in that time. */
  excessBytes: number;
}

const all = new Set<Watched>();
let timer: NodeJS.Timeout | undefined;
let lookedMs = 0;
/** How long the last look took. */
let lookLengthMs = 0;
let utilization = performance.eventLoopUtilization();

/**
 * Ends a session that sends megabytes that are no part of a call, such as WINDOW_UPDATE frames. Each costs next to nothing, but
 * Node reads up to 2 MiB of a connection in one turn of the event loop, which are 160,000 of them, and announces none.
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

/** Counts the frames of a body as they come, whoever reads them. */
function countBody(stream: ServerHttp2Stream, watched: Watched): void {
  // What has come with the head.
  watched.callBytes += stream.readableLength + frameBytes;
  let isComplete = false;
  const push = stream.push;
  stream.push = (chunk: Uint8Array | null, encoding) => {
    if (chunk !== null) watched.callBytes += chunk.byteLength + frameBytes;
    // Node ends what is read of a stream that it closes, too.
    else if (!stream.closed) isComplete = true;
    return push.call(stream, chunk, encoding);
  };
  stream.on("close", () => {
    // Of a body that is not wanted any more, what is on its way comes all the same.
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
  // What it closes may be the last session.
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

/** Ends a session in a turn that has room for it: every call of it ends as well. */
async function end(session: ServerHttp2Session): Promise<void> {
  holdSession(session);
  await whenNotBusy(session);
  session.destroy(new Error("a flood of frames that belong to no call"), constants.NGHTTP2_ENHANCE_YOUR_CALM);
}
