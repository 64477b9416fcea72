/** Powers of ten that a double holds exactly. */
const powers = Float64Array.from({ length: 23 }, (_, i) => 10 ** i);

const MINUS = 0x2d;
const DOT = 0x2e;
/** Every integer of this many digits is exact as a double. */
export const maxExactDigits = 15;

/**
 * The double nearest to a whole number of at most 15 digits times 10^-scale, scale being at most 22: one exact number
 * divided by another is rounded once (Clinger 1990).
 */
export function exactDecimal(mantissa: number, scale: number): number {
  return scale === 0 ? mantissa : mantissa / powers[scale]!;
}

/**
 * The value of a JSON number, whose syntax has been checked. Short decimals, which is nearly all of them, are read
 * without a string.
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
  const value = exactDecimal(mantissa, scale);
  return negative ? -value : value;
}
