import {
  errorCode,
  frameHeadBytes,
  frameType,
  preface,
  settingsFrame,
  writeFrameHead,
} from "../../base/http2-frames.ts";
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

/**
 * How many calls a client begins at once.
 *
 * @param bytes what it has sent so far, beginning with the preface
 */
export function callsBegun(bytes: Buffer): number {
  let calls = 0;
  for (let at = preface.length; at + frameHeadBytes <= bytes.length; at += frameHeadBytes + bytes.readUIntBE(at, 3)) {
    if (bytes[at + 3] === frameType.headers) calls++;
  }
  return calls;
}

/** What a client is sent that may not: that none of its calls has been looked at, so that it may send them again. */
export const calmDown: Buffer = Buffer.concat([
  settingsFrame([]),
  goawayFrame(`More than ${mostCallsAtOnce} calls were begun before SETTINGS were read`),
]);

function goawayFrame(text: string): Buffer {
  const length = 8 + text.length;
  const frame = Buffer.alloc(frameHeadBytes + length);
  const lastStreamAt = writeFrameHead(frame, 0, length, frameType.goaway, 0, 0);
  const codeAt = frame.writeUInt32BE(0, lastStreamAt);
  frame.write(text, frame.writeUInt32BE(errorCode.enhanceYourCalm, codeAt), "latin1");
  return frame;
}
