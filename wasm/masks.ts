/**
 * Where a kind of byte stands among 64, as a mask of 64 bits, the lowest for the first byte. Each function is part of its caller
 * once that is compiled.
 */

/** The highest bit of each byte. */
// @ts-ignore: decorators of functions are AssemblyScript's
@inline
export function mask(a: v128, b: v128, c: v128, d: v128): u64 {
  const low = <u32>i8x16.bitmask(a) | (<u32>i8x16.bitmask(b) << 16);
  const high = <u32>i8x16.bitmask(c) | (<u32>i8x16.bitmask(d) << 16);
  return <u64>low | (<u64>high << 32);
}

/** Where a byte stands. */
// @ts-ignore: as above
@inline
export function where(a: v128, b: v128, c: v128, d: v128, byte: v128): u64 {
  return mask(i8x16.eq(a, byte), i8x16.eq(b, byte), i8x16.eq(c, byte), i8x16.eq(d, byte));
}

// @ts-ignore: as above
@inline
function isNoDigit(v: v128, zero: v128, ten: v128): v128 {
  return i8x16.ge_u(i8x16.sub(v, zero), ten);
}

/** Which of 64 bytes are digits. */
// @ts-ignore: as above
@inline
export function digitsOf(a: v128, b: v128, c: v128, d: v128, zero: v128, ten: v128): u64 {
  return ~mask(isNoDigit(a, zero, ten), isNoDigit(b, zero, ten), isNoDigit(c, zero, ten), isNoDigit(d, zero, ten));
}
