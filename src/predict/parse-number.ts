/** Powers of ten that a double holds exactly. */
const powers = Array.from({ length: 23 }, (_, i) => 10 ** i);

const MINUS = 0x2d;
const DOT = 0x2e;
const maxExactDigits = 15;

/**
 * The value of a JSON number, whose syntax has been checked. Short decimals, which is nearly all of them, are one exact
 * integer divided by one exact power of ten, so that the result is the nearest double (Clinger 1990) without a string.
 */
export function parseNumber(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  const negative = bytes[at] === MINUS;
  if (negative) at++;
  let mantissa = 0;
  let digits = 0;
  let scale = 0;
  let fraction = false;
  for (; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === DOT) {
      fraction = true;
    } else if (byte >= 0x30 && byte <= 0x39 && digits < maxExactDigits) {
      mantissa = mantissa * 10 + (byte - 0x30);
      digits++;
      if (fraction) scale++;
    } else {
      return Number(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1"));
    }
  }
  const value = scale === 0 ? mantissa : mantissa / powers[scale]!;
  return negative ? -value : value;
}
