import { asBuffer } from "../../base/as-buffer.ts";
import { isTextAt } from "../../base/is-text-at.ts";

const BACKSLASH = 0x5c;

/** Names of members are short, and there are few: those of the protocol and of features. */
const maxNameBytes = 24;
const slots = 256;
const names = new Array<string>(slots).fill("");

/**
 * The text between two quotes if it is short and ASCII without escapes; undefined otherwise. Repeated texts are cached:
 * comparing a few bytes takes a fraction of the time of creating a string.
 *
 * @param start after the opening quote
 * @param end before the closing quote
 */
export function shortName(bytes: Uint8Array, start: number, end: number): string | undefined {
  const length = end - start;
  if (length > maxNameBytes) return undefined;
  let hash = length;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte >= 0x80 || byte === BACKSLASH) return undefined;
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  const slot = (hash ^ (hash >>> 8)) & (slots - 1);
  const known = names[slot]!;
  if (known.length === length && isTextAt(known, bytes, start)) return known;
  const name = asBuffer(bytes).toString("latin1", start, end);
  names[slot] = name;
  return name;
}
