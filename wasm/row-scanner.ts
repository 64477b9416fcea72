/**
 * Passes over plain numbers and over rows of them, `[1,-2.5],[3, 0.25]`, 64 bytes at a time: each kind of byte becomes a mask of 64 bits,
 * and the rules of the text become a few operations on masks (as simdjson does it: Langdale and Lemire 2019). Where rows
 * must have a width, the commas of each are counted. Where they must lie within ranges, the whole part of each number is
 * compared with those of its column; where any number will do, that it has few digits shows that it is no extreme one.
 *
 * This is AssemblyScript, which is compiled to WebAssembly by `npm run generate:wasm`. What it does not take, it leaves to
 * its caller, so it knows nothing of errors.
 */

import { digitsOf, where } from "./masks";

/** Where the text lies, with at least 80 zeros behind it. `src/predict/rows/simd-row-scanner.ts` knows these places too. */
const TEXT: usize = 64;
/** Where the ranges lie: for each column four, by minus and by decimals, each as the least and what may come on top. */
const RANGES: usize = TEXT + 0x1_0000 + 128;
const RANGE_BYTES: usize = 32;
/** Where it is told at which byte of the text the last good row ends, and which byte was the first that is not taken. */
const END: usize = 0;
const STOP: usize = 4;

const ZERO: u8 = 0x30;
const DOT: u8 = 0x2e;
const MINUS: u8 = 0x2d;
const COMMA: u8 = 0x2c;
const OPEN: u8 = 0x5b;
const CLOSE: u8 = 0x5d;
const SPACE: u8 = 0x20;
/** In memory, so that V8 keeps them in registers: it would make constants anew for each use. */
const bytes = memory.data<u8>([ZERO, DOT, MINUS, COMMA, OPEN, CLOSE, SPACE, 10]);

/** All bits below the lowest that is set; all bits when none is. */
// @ts-ignore: as above
@inline
function below(bits: u64): u64 {
  return (bits & (0 - bits)) - 1;
}

/** The value of the first so many of eight bytes, which are digits. All eight may be the beginning of more. */
// @ts-ignore: as above
@inline
function valueOf(eight: u64, digits: u64): i32 {
  // The digits move to the upper bytes, with zeros below, and are added up in pairs, then pairs of pairs.
  let value = eight << (64 - (digits << 3));
  value = ((value & 0x0f0f0f0f0f0f0f0f) * 2561) >> 8;
  value = ((value & 0x00ff00ff00ff00ff) * 6553601) >> 16;
  value = ((value & 0x0000ffff0000ffff) * 42949672960001) >> 32;
  return <i32>value;
}

/** How many of eight bytes are digits, from the first on, where a dot, a comma or a bracket ends them. */
// @ts-ignore: as above
@inline
function leadingDigits(eight: u64): u64 {
  // Of these only digits have both the bits 0x20 and 0x10.
  const ends = (eight & (eight << 1) & 0x2020202020202020) ^ 0x2020202020202020;
  return ctz(ends) >> 3;
}

/**
 * Passes over the rows from a byte of the text on, where a row must start.
 *
 * @param width how many columns the rows must have; 0 takes rows of any width and any numbers
 * @param ranged whether each must lie within its range. Where not, its whole part may have up to 15 digits
 * @returns how many rows; where they end is noted at `END`
 */
export function passRows(start: usize, width: usize, ranged: bool): i32 {
  const zero = v128.load_splat<u8>(bytes);
  const dot = v128.load_splat<u8>(bytes, 1);
  const minus = v128.load_splat<u8>(bytes, 2);
  const comma = v128.load_splat<u8>(bytes, 3);
  const open = v128.load_splat<u8>(bytes, 4);
  const close = v128.load_splat<u8>(bytes, 5);
  const space = v128.load_splat<u8>(bytes, 6);
  const ten = v128.load_splat<u8>(bytes, 7);
  const lastRange = RANGES + width * RANGE_BYTES;
  let range = RANGES;
  let at = TEXT + start;
  let count = 0;
  let end = at;
  // What the last byte of the block before was, as the lowest bit. A row starts as behind the comma of another.
  let wasDigit: u64 = 0;
  let wasDot: u64 = 0;
  let wasClose: u64 = 0;
  let wasFirstZero: u64 = 0;
  let wasRowSpace: u64 = 0;
  let wasComma: u64 = 1;
  let wasRowComma: u64 = 1;
  let wasBefore: u64 = 1;
  /** Whether the decimals of a number go on from the block before. */
  let decimalsGoOn: u64 = 0;
  /** Where so many digits of a whole part, or more, have been side by side in the block before. */
  let wasWhole: u64 = 0;
  let wasTwo: u64 = 0;
  let wasFour: u64 = 0;
  let wasEight: u64 = 0;
  /** How many commas the row has had before the block. */
  let rowCommaCount: u64 = 0;
  let bad: u64;
  do {
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const c = v128.load(at, 32);
    const d = v128.load(at, 48);
    const digits = digitsOf(a, b, c, d, zero, ten);
    const zeros = where(a, b, c, d, zero);
    const dots = where(a, b, c, d, dot);
    const minuses = where(a, b, c, d, minus);
    const commas = where(a, b, c, d, comma);
    const opens = where(a, b, c, d, open);
    const spaces = where(a, b, c, d, space);
    let closes = where(a, b, c, d, close);
    /** What a number or a row may stand behind. */
    const before = commas | opens | spaces;
    const afterDigit = (digits << 1) | wasDigit;
    const afterDot = (dots << 1) | wasDot;
    const afterClose = (closes << 1) | wasClose;
    const afterBefore = (before << 1) | wasBefore;
    /** The commas between rows. A row starts behind each, or behind one space. */
    const rowCommas = commas & afterClose;
    const afterRowComma = (rowCommas << 1) | wasRowComma;
    const rowSpaces = afterRowComma & spaces;
    const rowStarts = (afterRowComma & ~spaces) | (rowSpaces << 1) | wasRowSpace;
    /** The zeros that numbers start with. */
    const firstZeros = zeros & ~(afterDigit | afterDot);
    /** The carry of the sum runs through the decimals that a dot starts, and stops at what ends them. */
    const sum = digits + (digits & afterDot) + decimalsGoOn;
    bad =
      ~(digits | dots | minuses | closes | before) |
      (digits & (afterClose | (firstZeros << 1) | wasFirstZero)) |
      ((dots | closes) & ~afterDigit) |
      (minuses & ~afterBefore) |
      (commas & ~(afterDigit | afterClose)) |
      (spaces & ~((commas << 1) | wasComma)) |
      (rowStarts ^ opens) |
      (sum & ~digits & dots) |
      // So no number is longer than two blocks.
      (0 - <u64>((commas | closes) == 0));
    if (width > 0 && !ranged) {
      const wholes = digits & sum;
      const two = wholes & ((wholes << 1) | (wasWhole >> 63));
      const four = two & ((two << 2) | (wasTwo >> 62));
      const eight = four & ((four << 4) | (wasFour >> 60));
      bad |= eight & ((eight << 8) | (wasEight >> 56));
      wasWhole = wholes;
      wasTwo = two;
      wasFour = four;
      wasEight = eight;
      let cellCommas = commas & ~rowCommas;
      let ends = closes & below(bad);
      while (ends != 0) {
        const isEnd = ends & (0 - ends);
        rowCommaCount += popcnt(cellCommas & (isEnd - 1));
        if (rowCommaCount + 1 != <u64>width) {
          bad = isEnd;
          break;
        }
        rowCommaCount = 0;
        cellCommas &= ~(isEnd - 1);
        ends ^= isEnd;
      }
      rowCommaCount += popcnt(cellCommas);
    } else if (width > 0) {
      // Each number, and the end of each row, in turn.
      let events = ((afterBefore & (digits | minuses)) | closes) & below(bad);
      while (events != 0) {
        const bit = ctz(events);
        const byte = at + <usize>bit;
        const first = load<u8>(byte);
        if (first == CLOSE) {
          if (range != lastRange) {
            bad = 1 << bit;
            break;
          }
          range = RANGES;
        } else {
          const negative = <usize>(first == MINUS);
          const eight = load<u64>(byte + negative);
          const digitCount = leadingDigits(eight);
          const whole = valueOf(eight, digitCount);
          const hasDecimals = <usize>(load<u8>(byte + negative + <usize>digitCount) == DOT);
          const part = range + negative * 16 + hasDecimals * 8;
          // One comparison for both ends. Behind the last column lies a range that takes nothing.
          if (<u32>(whole - load<i32>(part)) > load<u32>(part, 4)) {
            bad = 1 << bit;
            break;
          }
          range += RANGE_BYTES;
        }
        events &= events - 1;
      }
    }
    closes &= below(bad);
    if (closes != 0) {
      count += <i32>popcnt(closes);
      end = at + 64 - <usize>clz(closes);
    }
    wasDigit = digits >> 63;
    wasDot = dots >> 63;
    wasClose = closes >> 63;
    wasFirstZero = firstZeros >> 63;
    wasRowSpace = rowSpaces >> 63;
    wasComma = commas >> 63;
    wasRowComma = rowCommas >> 63;
    wasBefore = before >> 63;
    decimalsGoOn = <u64>(sum < digits);
    at += 64;
  } while (bad == 0);
  store<u32>(END, <u32>(end - TEXT));
  store<u32>(STOP, <u32>(at - 64 - TEXT) + <u32>ctz(bad));
  return count;
}

/**
 * Passes over numbers with commas between from a byte of the text on, where a number must start. The last that is taken is one
 * that a comma follows.
 *
 * @returns how many; where the last comma ends is noted at `END`
 */
export function passNumbers(start: usize): i32 {
  const zero = v128.load_splat<u8>(bytes);
  const dot = v128.load_splat<u8>(bytes, 1);
  const minus = v128.load_splat<u8>(bytes, 2);
  const comma = v128.load_splat<u8>(bytes, 3);
  const space = v128.load_splat<u8>(bytes, 6);
  const ten = v128.load_splat<u8>(bytes, 7);
  let at = TEXT + start;
  let count = 0;
  let end = at;
  // As in `passRows`. A number starts as behind the comma of another.
  let wasDigit: u64 = 0;
  let wasDot: u64 = 0;
  let wasFirstZero: u64 = 0;
  let wasComma: u64 = 1;
  let wasBefore: u64 = 1;
  let decimalsGoOn: u64 = 0;
  let bad: u64;
  do {
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const c = v128.load(at, 32);
    const d = v128.load(at, 48);
    const digits = digitsOf(a, b, c, d, zero, ten);
    const zeros = where(a, b, c, d, zero);
    const dots = where(a, b, c, d, dot);
    const minuses = where(a, b, c, d, minus);
    const spaces = where(a, b, c, d, space);
    let commas = where(a, b, c, d, comma);
    const before = commas | spaces;
    const afterDigit = (digits << 1) | wasDigit;
    const afterDot = (dots << 1) | wasDot;
    const firstZeros = zeros & ~(afterDigit | afterDot);
    const sum = digits + (digits & afterDot) + decimalsGoOn;
    bad =
      ~(digits | dots | minuses | before) |
      (digits & ((firstZeros << 1) | wasFirstZero)) |
      ((dots | commas) & ~afterDigit) |
      (minuses & ~((before << 1) | wasBefore)) |
      (spaces & ~((commas << 1) | wasComma)) |
      (sum & ~digits & dots) |
      // So no number is longer than two blocks.
      (0 - <u64>(commas == 0));
    wasComma = commas >> 63;
    commas &= below(bad);
    if (commas != 0) {
      count += <i32>popcnt(commas);
      end = at + 64 - <usize>clz(commas);
    }
    wasDigit = digits >> 63;
    wasDot = dots >> 63;
    wasFirstZero = firstZeros >> 63;
    wasBefore = before >> 63;
    decimalsGoOn = <u64>(sum < digits);
    at += 64;
  } while (bad == 0);
  store<u32>(END, <u32>(end - TEXT));
  store<u32>(STOP, <u32>(at - 64 - TEXT) + <u32>ctz(bad));
  return count;
}
