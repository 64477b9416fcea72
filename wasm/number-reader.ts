/**
 * Reads the numbers of JSON text as doubles, with commas, brackets and white space between them. Where numbers begin and end
 * is found of 64 bytes at a time, and up to 16 digits are added up side by side. A number of up to 15 digits is one exact
 * double divided by another, which is rounded once (Clinger 1990); others are multiplied with the reciprocal of the divisor
 * in 128 bits, which shows the nearest double (Lemire 2021, "Number parsing at a gigabyte per second").
 *
 * This is AssemblyScript, which is compiled to WebAssembly by `npm run generate:wasm`. The few numbers that it does not
 * read, and what is no number, it leaves to its caller.
 */

import { digitsOf, mask, where } from "./masks";

/** Where the text lies, and where the numbers go. `src/predict/json/number-reader.ts` knows these, too. */
const TEXT: usize = 0x400;
const NUMBERS: usize = 0x8000;
/** Where it is told at which byte of the text it stopped, and whether something stands there that is left to the caller. */
const STOP: usize = 0;
const LEFT: usize = 4;

const ZERO: u8 = 0x30;
const COMMA: u8 = 0x2c;
const MINUS: u8 = 0x2d;
const DOT: u8 = 0x2e;
const SPACE: u8 = 0x20;
const OPEN: u8 = 0x5b;
const CLOSE: u8 = 0x5d;

/** Up to this, all integers are exact as doubles. */
const EXACT: u64 = 0x20_0000_0000_0000;
/** With more decimals the power of ten is not exact. */
const MOST_DECIMALS: usize = 22;
/** So many digits are added up side by side. */
const MOST_DIGITS: usize = 16;
/** What stands before these is no larger than this: then all digits fit 64 bits. */
const MOST_BEFORE: u64 = 999;
const MAX_FLOAT: f64 = 3.4028234663852886e38;

/** All powers of ten that a double holds exactly. */
const powers = memory.data<f64>([
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21,
  1e22,
]);
/** Their reciprocals, rounded up to 128 bits of which the first is set, the upper half before the lower. */
const reciprocals = memory.data<u64>([
  0x8000000000000000, 0x0000000000000000, 0xcccccccccccccccc, 0xcccccccccccccccd, 0xa3d70a3d70a3d70a, 0x3d70a3d70a3d70a4,
  0x83126e978d4fdf3b, 0x645a1cac083126ea, 0xd1b71758e219652b, 0xd3c36113404ea4a9, 0xa7c5ac471b478423, 0x0fcf80dc33721d54,
  0x8637bd05af6c69b5, 0xa63f9a49c2c1b110, 0xd6bf94d5e57a42bc, 0x3d32907604691b4d, 0xabcc77118461cefc, 0xfdc20d2b36ba7c3e,
  0x89705f4136b4a597, 0x31680a88f8953031, 0xdbe6fecebdedd5be, 0xb573440e5a884d1c, 0xafebff0bcb24aafe, 0xf78f69a51539d749,
  0x8cbccc096f5088cb, 0xf93f87b7442e45d4, 0xe12e13424bb40e13, 0x2865a5f206b06fba, 0xb424dc35095cd80f, 0x538484c19ef38c95,
  0x901d7cf73ab0acd9, 0x0f9d37014bf60a11, 0xe69594bec44de15b, 0x4c2ebe687989a9b4, 0xb877aa3236a4b449, 0x09befeb9fad487c3,
  0x9392ee8e921d5d07, 0x3aff322e62439fd0, 0xec1e4a7db69561a5, 0x2b31e9e3d06c32e6, 0xbce5086492111aea, 0x88f4bb1ca6bcf585,
  0x971da05074da7bee, 0xd3f6fc16ebca5e04, 0xf1c90080baf72cb1, 0x5324c68b12dd6339,
]);
/** Masks of the last so many of 16 bytes: the one of n bytes lies n bytes behind. */
const lastBytes = memory.data<u64>([0, 0, 0xffff_ffff_ffff_ffff, 0xffff_ffff_ffff_ffff]);
/** In memory, so that V8 keeps them in registers: it would make constants anew for each use. */
const bytes = memory.data<u8>([ZERO, DOT, MINUS, COMMA, OPEN, CLOSE, SPACE, 10]);
/** What pairs of digits, then of numbers of two and of four digits, are multiplied with to be added up. */
const weights = memory.data<i16>([10, 1, 100, 1, 10_000, 1]);

/** The upper half of a product. */
// @ts-ignore: as above
@inline
function productHigh(a: u64, b: u64): u64 {
  const aLow = a & 0xffff_ffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffff_ffff;
  const bHigh = b >> 32;
  const one = aLow * bHigh;
  const other = aHigh * bLow;
  const middle = ((aLow * bLow) >> 32) + (one & 0xffff_ffff) + (other & 0xffff_ffff);
  return aHigh * bHigh + (one >> 32) + (other >> 32) + (middle >> 32);
}

/** The double nearest to an integer above 2^53 divided by a power of ten. */
// @ts-ignore: as above
@inline
function divided(mantissa: u64, decimals: usize): f64 {
  const zeros = clz(mantissa);
  const factor = mantissa << zeros;
  const reciprocal = reciprocals + (decimals << 4);
  let low = factor * load<u64>(reciprocal);
  let high = productHigh(factor, load<u64>(reciprocal));
  if ((high & 0x1ff) == 0x1ff) {
    const more = productHigh(factor, load<u64>(reciprocal, 8));
    low += more;
    if (low < more) high++;
  }
  const upper = high >> 63;
  const shift = upper + 9;
  let digits = high >> shift;
  // Halfway between two doubles it is the even one.
  if (low <= 1 && decimals <= 4 && (digits & 3) == 1 && digits << shift == high) digits &= ~1;
  digits = (digits + (digits & 1)) >> 1;
  // The exponent of the power of ten as one of two. Digits that have become one more add to it.
  const exponent = ((-217_706 * <i64>decimals) >> 16) + 63 + <i64>(upper - zeros) + 1023;
  return reinterpret<f64>(digits - 0x10_0000_0000_0000 + (<u64>exponent << 52));
}

/**
 * Reads numbers from a byte of the text on, up to what is no number, or one that ends with the text.
 *
 * @param length how long the text is
 * @param nested whether brackets may stand between numbers
 * @param narrow whether they are written as floats of four bytes
 * @returns how many; where it stopped is noted at `STOP`
 */
export function readNumbers(start: usize, length: usize, nested: bool, narrow: bool): i32 {
  const zero = v128.load_splat<u8>(bytes);
  const dot = v128.load_splat<u8>(bytes, 1);
  const minus = v128.load_splat<u8>(bytes, 2);
  const comma = v128.load_splat<u8>(bytes, 3);
  const open = v128.load_splat<u8>(bytes + (nested ? 4 : 3));
  const close = v128.load_splat<u8>(bytes + (nested ? 5 : 3));
  const space = v128.load_splat<u8>(bytes, 6);
  const ten = v128.load_splat<u8>(bytes, 7);
  const tens = v128.load_splat<u32>(weights);
  const hundreds = v128.load_splat<u32>(weights, 4);
  const tenThousands = v128.load_splat<u32>(weights, 8);
  const end = TEXT + length;
  let at = TEXT + start;
  let out = NUMBERS;
  while (at < end) {
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const c = v128.load(at, 32);
    const d = v128.load(at, 48);
    const digits = digitsOf(a, b, c, d, zero, ten);
    const dots = where(a, b, c, d, dot);
    const spaces = mask(i8x16.le_u(a, space), i8x16.le_u(b, space), i8x16.le_u(c, space), i8x16.le_u(d, space));
    const run = ~(where(a, b, c, d, comma) | where(a, b, c, d, open) | where(a, b, c, d, close) | spaces);
    const others = run & ~(digits | dots | where(a, b, c, d, minus));
    // A block starts where nothing goes on.
    let starts = run & ~(run << 1);
    let ends = ~run & (run << 1);
    let next = at + 64;
    while (starts != 0) {
      const startBit = starts & (0 - starts);
      const first = at + <usize>ctz(starts);
      if (first >= end) break;
      if (ends == 0) {
        // It goes on behind the block.
        if (first + 64 > end) return stop(first, out, narrow, false);
        if (first == at) return stop(first, out, narrow, true);
        next = first;
        break;
      }
      const endAt = <usize>ctz(ends);
      const behind = at + endAt;
      // It may go on behind the text.
      if (behind >= end) return stop(first, out, narrow, false);
      const range = (ends & (0 - ends)) - startBit;
      if ((others & range) != 0) return stop(first, out, narrow, true);
      const isNegative = <usize>(load<u8>(first) == MINUS);
      const point = dots & range;
      const hasPoint = <usize>(point != 0);
      const decimals = select<usize>(endAt - <usize>ctz(point) - 1, 0, hasPoint);
      if (decimals > MOST_DECIMALS) return stop(first, out, narrow, true);
      const count = behind - first - isNegative - hasPoint;
      const decimalBytes = select<usize>(decimals < MOST_DIGITS ? decimals : MOST_DIGITS, MOST_DIGITS, hasPoint);
      // What stands before the point moves by one, to where the decimals begin.
      const text = v128.bitselect(v128.load(behind - 16), v128.load(behind - 17), v128.load(lastBytes + decimalBytes));
      const kept = v128.load(lastBytes + (count < MOST_DIGITS ? count : MOST_DIGITS));
      const values = v128.and(i8x16.sub(text, zero), kept);
      const twos = i16x8.narrow_i32x4_s(
        i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(values), tens),
        i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(values), tens),
      );
      const fours = i32x4.dot_i16x8_s(twos, hundreds);
      const eights = i32x4.dot_i16x8_s(i16x8.narrow_i32x4_s(fours, fours), tenThousands);
      let mantissa = <u64>i32x4.extract_lane(eights, 0) * 100_000_000 + <u64>i32x4.extract_lane(eights, 1);
      if (count > MOST_DIGITS) {
        let before: u64 = 0;
        let digit = first + isNegative;
        for (let left = count - MOST_DIGITS; left > 0; left--) {
          let byte = load<u8>(digit++);
          if (byte == DOT) byte = load<u8>(digit++);
          before = before * 10 + <u64>(byte - ZERO);
          if (before > MOST_BEFORE) return stop(first, out, narrow, true);
        }
        mantissa += before * 10_000_000_000_000_000;
      }
      let size: f64;
      if (mantissa <= EXACT) size = <f64>(<i64>mantissa) / load<f64>(powers + (decimals << 3));
      else size = decimals == 0 ? <f64>mantissa : divided(mantissa, decimals);
      const value = reinterpret<f64>(reinterpret<u64>(size) | (<u64>isNegative << 63));
      if (narrow) {
        if (size > MAX_FLOAT) return stop(first, out, narrow, true);
        store<f32>(out, <f32>value);
        out += 4;
      } else {
        store<f64>(out, value);
        out += 8;
      }
      starts ^= startBit;
      ends &= ends - 1;
    }
    at = next;
  }
  return stop(end, out, narrow, false);
}

// @ts-ignore: as above
@inline
function stop(at: usize, out: usize, narrow: bool, left: bool): i32 {
  store<u32>(STOP, <u32>(at - TEXT));
  store<u32>(LEFT, <u32>left);
  return <i32>((out - NUMBERS) >> (narrow ? 2 : 3));
}
