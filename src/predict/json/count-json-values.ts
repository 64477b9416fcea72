import { asBuffer } from "../../base/as-buffer.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** 1 for the bytes that a value follows: commas and opening brackets. */
const announces = new Uint8Array(256);
for (const character of ",[{") announces[character.charCodeAt(0)] = 1;

/** How many bytes are read between two checks of the limit. */
const pieceBytes = 16_384;

/**
 * How many values JSON would be parsed into. Stops soon after the limit and returns one more than it. Malformed JSON is
 * counted as far as possible: the parser refuses it.
 */
export function countJsonValues(message: Uint8Array, limit: number): number {
  const bytes = asBuffer(message);
  const { length } = bytes;
  let count = 1;
  let quote = bytes.indexOf(QUOTE);
  for (let at = 0; at < length && count <= limit; ) {
    const end = Math.min(quote < 0 ? length : quote, at + pieceBytes);
    for (; at < end; at++) count += announces[bytes[at]!]!;
    if (at !== quote) continue;
    at = endOfText(bytes, at) + 1;
    quote = bytes.indexOf(QUOTE, at);
  }
  return Math.min(count, limit + 1);
}

/** The position of a string's closing quote. */
function endOfText(bytes: Buffer, start: number): number {
  for (let at = bytes.indexOf(QUOTE, start + 1); at >= 0; at = bytes.indexOf(QUOTE, at + 1)) {
    let backslashes = 0;
    while (bytes[at - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return bytes.length;
}
