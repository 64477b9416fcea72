import { constants } from "node:http2";
import { streamsPerStep } from "../http2-session.ts";

/**
 * How many calls a client may begin before it knows the limit of this server. RFC 9113, 6.5.2 advises servers to allow
 * no fewer than 100, and most clients begin no more than that before the server's SETTINGS have come; Envoy may.
 * Whatever is above the limit is refused anyway, but to read and refuse a thousand takes milliseconds in one turn of the
 * event loop.
 */
export const mostCallsAtOnce = 2 * streamsPerStep;

/** As many connections a second may begin more, as proxies do when many calls wait for a new connection. */
export const burstsPerSecond = 2;

const frameHeadBytes = 9;
const headersFrame = 1;
const settingsFrame = 4;
const goawayFrame = 7;

/**
 * Whether a client begins more calls at once than it should.
 *
 * @param bytes what it has sent so far
 * @param begin where the frames begin, behind the preface
 */
export function beginsTooManyCalls(bytes: Buffer, begin: number): boolean {
  let calls = 0;
  for (let at = begin; at + frameHeadBytes <= bytes.length; at += frameHeadBytes + bytes.readUIntBE(at, 3)) {
    if (bytes[at + 3] === headersFrame) calls++;
  }
  return calls > mostCallsAtOnce;
}

/**
 * Limits how often a connection may begin more calls than it should.
 *
 * @returns a function that says whether one more may
 */
export function limitBursts(): () => boolean {
  let left = burstsPerSecond;
  let countedMs = performance.now();
  return () => {
    const nowMs = performance.now();
    left = Math.min(burstsPerSecond, left + ((nowMs - countedMs) / 1000) * burstsPerSecond);
    countedMs = nowMs;
    if (left < 1) return false;
    left--;
    return true;
  };
}

/** What a client is sent that may not: that none of its calls has been looked at, so that it may send them again. */
export const calmDown: Buffer = Buffer.concat([
  frame(settingsFrame, Buffer.alloc(0)),
  frame(goawayFrame, goawayPayload(`More than ${mostCallsAtOnce} calls were begun before SETTINGS were read`)),
]);

function goawayPayload(text: string): Buffer {
  const codes = Buffer.alloc(8);
  codes.writeUInt32BE(constants.NGHTTP2_ENHANCE_YOUR_CALM, 4);
  return Buffer.concat([codes, Buffer.from(text)]);
}

function frame(type: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(frameHeadBytes);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  return Buffer.concat([head, payload]);
}
