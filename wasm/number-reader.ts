/**
 * Reads the numbers of JSON text as doubles, with commas, brackets and white space between them. The digits are
 * added up eight at a time. A number of up to 15 digits is one exact double divided by another, which is rounded once
 * (Clinger 1990); of one with up to 19 the sum of two doubles holds what one cannot.
 *
 * This is AssemblyScript, which is compiled to WebAssembly by `npm run generate:wasm`. The few numbers that it does not
 * read, and what is no number, it leaves to its caller.
 */

/** Where the text lies, with zeros behind it, and where the numbers go. `src/predict/json/number-reader.ts` knows these, too. */
const TEXT: usize = 0x200;
const NUMBERS: usize = 0x8000;
/** Where it is told at which byte of the text it stopped, and whether something stands there that is left to the caller. */
const STOP: usize = 0;
const LEFT: usize = 4;

const ZERO: u8 = 0x30;
const NINE: u8 = 0x39;
const COMMA: u8 = 0x2c;
const MINUS: u8 = 0x2d;
const DOT: u8 = 0x2e;
const SPACE: u8 = 0x20;
const OPEN: u8 = 0x5b;
const CLOSE: u8 = 0x5d;

/** Below this, all integers are exact as doubles. */
const EXACT: u64 = 0x20_0000_0000_0000;
/** With more decimals the power of ten is not exact. */
const MOST_DECIMALS: usize = 22;
/** Distances closer to each other than this part of them are not told apart. */
const MARGIN: f64 = 1e-9;
const MAX_FLOAT: f64 = 3.4028234663852886e38;

/** All powers of ten that a double holds exactly. */
const powers = memory.data<f64>([
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21,
  1e22,
]);
/** What a number is multiplied with to make room for up to eight digits. */
const shifts = memory.data<u64>([1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000]);
/** Below what it must lie for that, so that all of its digits fit 64 bits. */
const limits = memory.data<u64>([
  10_000_000_000_000_000_000, 1_000_000_000_000_000_000, 100_000_000_000_000_000, 10_000_000_000_000_000,
  1_000_000_000_000_000, 100_000_000_000_000, 10_000_000_000_000, 1_000_000_000_000, 100_000_000_000,
]);

// @ts-ignore: decorators of functions are AssemblyScript's
@inline
function power(scale: usize): f64 {
  return load<f64>(powers + (scale << 3));
}

/** How many of eight bytes are digits, from the first on. */
// @ts-ignore: as above
@inline
function leadingDigits(eight: u64): u64 {
  // Of what follows a number, only digits have both the bits 0x20 and 0x10.
  const ends = (eight & (eight << 1) & 0x2020202020202020) ^ 0x2020202020202020;
  return ctz(ends) >> 3;
}

/** The value of the first so many of eight bytes, 1 or more, which are digits. */
// @ts-ignore: as above
@inline
function valueOf(eight: u64, digits: u64): u64 {
  let value = eight << (64 - (digits << 3));
  value = ((value & 0x0f0f0f0f0f0f0f0f) * 2561) >> 8;
  value = ((value & 0x00ff00ff00ff00ff) * 6553601) >> 16;
  return ((value & 0x0000ffff0000ffff) * 42949672960001) >> 32;
}

/** The upper half of the digits of a double, so that products of halves are exact (Veltkamp 1968). */
// @ts-ignore: as above
@inline
function upperHalf(value: f64): f64 {
  const shifted = value * 134_217_729;
  return shifted - (shifted - value);
}

/** The double nearest to an integer divided by a power of ten; NaN where that is not known for sure. */
// @ts-ignore: as above
@inline
function divided(mantissa: u64, decimals: usize): f64 {
  if (decimals == 0) return <f64>mantissa;
  const divisor = power(decimals);
  const size = <f64>mantissa;
  const quotient = size / divisor;
  if (mantissa <= EXACT) return quotient;
  // What the quotient lacks: what the product of it and the divisor lacks, exactly (Dekker 1971), and what the size does.
  const product = quotient * divisor;
  const quotientHigh = upperHalf(quotient);
  const quotientLow = quotient - quotientHigh;
  const divisorHigh = upperHalf(divisor);
  const divisorLow = divisor - divisorHigh;
  const rest =
    quotientLow * divisorLow -
    (product - quotientHigh * divisorHigh - quotientLow * divisorHigh - quotientHigh * divisorLow);
  const lacking = size - product - rest + <f64>(<i64>(mantissa - <u64>size));
  const correction = lacking / divisor;
  const result = quotient + correction;
  const bits = reinterpret<u64>(result);
  // Below a power of two the doubles lie closer than above.
  if ((bits & 0xf_ffff_ffff_ffff) == 0) return NaN;
  const halfGap = reinterpret<f64>(((bits >> 52) - 53) << 52);
  return halfGap - abs(correction - (result - quotient)) < halfGap * MARGIN ? NaN : result;
}

/**
 * Reads numbers from a byte of the text on, up to what is no number, or one that ends with the text.
 *
 * @param nested whether brackets may stand between numbers
 * @param narrow whether they are written as floats of four bytes
 * @returns how many; where it stopped is noted at `STOP`
 */
export function readNumbers(start: usize, nested: bool, narrow: bool): i32 {
  let at = TEXT + start;
  let out = NUMBERS;
  let left = false;
  let first = at;
  for (;;) {
    let byte = load<u8>(at);
    while (byte == COMMA || (nested && (byte == OPEN || byte == CLOSE)) || (byte <= SPACE && byte != 0)) {
      byte = load<u8>(++at);
    }
    first = at;
    if (byte == 0) break;
    left = true;
    const isNegative = byte == MINUS;
    if (isNegative) byte = load<u8>(++at);
    if (byte < ZERO || byte > NINE) break;
    let eight = load<u64>(at);
    let digits = leadingDigits(eight);
    let mantissa = valueOf(eight, digits);
    at += <usize>digits;
    while (digits == 8) {
      eight = load<u64>(at);
      digits = leadingDigits(eight);
      if (digits == 0) break;
      if (mantissa >= load<u64>(limits + (<usize>digits << 3))) return stop(first, out, narrow, true);
      mantissa = mantissa * load<u64>(shifts + (<usize>digits << 3)) + valueOf(eight, digits);
      at += <usize>digits;
    }
    byte = load<u8>(at);
    let decimals: usize = 0;
    if (byte == DOT) {
      const point = ++at;
      do {
        eight = load<u64>(at);
        digits = leadingDigits(eight);
        if (digits == 0) break;
        if (mantissa >= load<u64>(limits + (<usize>digits << 3))) return stop(first, out, narrow, true);
        mantissa = mantissa * load<u64>(shifts + (<usize>digits << 3)) + valueOf(eight, digits);
        at += <usize>digits;
      } while (digits == 8);
      decimals = at - point;
      byte = load<u8>(at);
    }
    if (byte == 0) {
      // It may go on behind the end.
      left = false;
      break;
    }
    if (decimals > MOST_DECIMALS || (byte | 0x20) == 0x65) break;
    const size = divided(mantissa, decimals);
    if (size != size) break;
    const value = isNegative ? -size : size;
    if (narrow) {
      if (size > MAX_FLOAT) break;
      store<f32>(out, <f32>value);
      out += 4;
    } else {
      store<f64>(out, value);
      out += 8;
    }
    left = false;
  }
  return stop(first, out, narrow, left);
}

// @ts-ignore: as above
@inline
function stop(at: usize, out: usize, narrow: bool, left: bool): i32 {
  store<u32>(STOP, <u32>(at - TEXT));
  store<u32>(LEFT, <u32>left);
  return <i32>((out - NUMBERS) >> (narrow ? 2 : 3));
}
