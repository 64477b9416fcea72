const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;

/** Longer rows are not read in advance. */
const maxBytes = 16 * 1024;

/**
 * How many numbers the first row of a list seems to have, before its syntax is checked.
 *
 * @param at where the row starts
 * @returns 0 where it is not a list of numbers, or is very long
 */
export function firstRowWidth(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== OPEN_BRACKET) return 0;
  const end = Math.min(bytes.length, at + maxBytes);
  let width = 1;
  for (let i = at + 1; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === COMMA) width++;
    else if (byte === CLOSE_BRACKET) return width;
    else if (byte > 0x39 && (byte | 0x20) !== 0x65) return 0;
  }
  return 0;
}
