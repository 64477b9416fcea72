const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;

/**
 * How many values JSON would be parsed into, before it is. Ends as soon as there are more than the limit. What is malformed
 * is counted as far as it goes: the parser is to refuse it.
 */
export function countJsonValues(message: Uint8Array, limit: number): number {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  let count = 1;
  for (let at = 0; at < bytes.length && count <= limit; at++) {
    const byte = bytes[at];
    if (byte === COMMA || byte === OPEN_BRACKET || byte === OPEN_BRACE) count++;
    else if (byte === QUOTE) at = endOfText(bytes, at);
  }
  return count;
}

/** Where the quote is that ends a text. */
function endOfText(bytes: Buffer, start: number): number {
  for (let at = bytes.indexOf(QUOTE, start + 1); at >= 0; at = bytes.indexOf(QUOTE, at + 1)) {
    let backslashes = 0;
    while (bytes[at - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return bytes.length;
}
