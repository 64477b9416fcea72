/**
 * Writes doubles as JSON text, each with the fewest digits that read back as the same double, as `String` in JavaScript
 * does. When a double is a decimal of up to 15 digits, that decimal is its shortest text; whether it is one is found by
 * trying. Of the others 17 digits are made, with the sum of two doubles for what one cannot hold. 17 digits always read
 * back; 16 do when the nearest decimal of so many lies within half the distance to the next double.
 *
 * This is AssemblyScript, which is compiled to WebAssembly by `npm run generate:wasm`. The few numbers that it does not
 * write, it leaves to its caller.
 */

/** Where the numbers lie, at most 1024, and where their text goes. `src/predict/json/number-writer.ts` knows these, too. */
const NUMBERS: usize = 0x1_0000;
const TEXT: usize = 0x4000;
/** Where it is told which number it stopped at. */
const STOP: usize = 0;

const COMMA: u8 = 0x2c;
const MINUS: u8 = 0x2d;
const DOT: u8 = 0x2e;
const ZERO: u8 = 0x30;
const EIGHT_ZEROS: u64 = 0x3030_3030_3030_3030;
/** Behind a whole number that is to read as a double: `.0`. */
const POINT_ZERO: u16 = 0x30_2e;
/** Between rows: `],[`. */
const NEXT_ROW: u32 = 0x5b_2c_5d;

/** Numbers from here up to, not including, `MAX_PLAIN` are written here. */
const MIN_PLAIN: f64 = 1e-6;
/** Below this all integers are exact, and a decimal with as many digits names one double only. */
const MAX_PLAIN: f64 = 1e15;
/** Distances closer to each other than this are not told apart. */
const MARGIN: f64 = 1e-9;

/** All powers of ten that a double holds exactly. */
const powers = memory.data<f64>([
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21,
  1e22,
]);

/** With how many decimals a double has 15 digits, or 16, by its biased exponent. */
const scales = memory.data(2048);
for (let exponent = 0; exponent < 2048; exponent++) {
  const decimals = 14 - <i32>Math.floor(<f64>(exponent - 1023) * 0.30102999566398119);
  store<u8>(scales + exponent, <u8>(decimals >= 0 && decimals <= 20 ? decimals : 20));
}

// @ts-ignore: decorators of functions are AssemblyScript's
@inline
function power(scale: i32): f64 {
  return load<f64>(powers + (<usize>scale << 3));
}

/** Eight digits, the first in the lowest byte: pairs of four, of two, then of one, are divided side by side. */
// @ts-ignore: as above
@inline
function eightDigits(value: u32): u64 {
  const upper = value / 10_000;
  const fours = <u64>upper | (<u64>(value - upper * 10_000) << 32);
  const hundreds = ((fours * 10_486) >> 20) & 0x7f_0000_007f;
  const twos = ((fours - 100 * hundreds) << 16) + hundreds;
  const tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
  return (((twos - 10 * tens) << 8) + tens) | EIGHT_ZEROS;
}

/** Writes a whole number from 1 to below 10^8. Returns where it ends. */
// @ts-ignore: as above
@inline
function writeWhole(at: usize, value: u32): usize {
  const digits = eightDigits(value);
  const zeroBits = ctz(digits ^ EIGHT_ZEROS) & 56;
  store<u64>(at, digits >> zeroBits);
  return at + 8 - <usize>(zeroBits >> 3);
}

/** Writes 17 digits, `whole` of them before the point, without zeros at the end. Returns where they end. */
// @ts-ignore: as above
@inline
function writeDecimal(at: usize, digits: u64, whole: i32): usize {
  const first = <u32>(digits / 10_000_000_000_000_000);
  const others = digits - <u64>first * 10_000_000_000_000_000;
  const upper = <u32>(others / 100_000_000);
  const lower = <u32>(others - <u64>upper * 100_000_000);
  let start = at;
  if (whole <= 0) {
    store<u64>(at, 0x3030_3030_3030_2e30);
    start = at + 2 - whole;
  }
  store<u8>(start, ZERO + <u8>first);
  store<u64>(start, eightDigits(upper), 1);
  store<u64>(start, eightDigits(lower), 9);
  const areZeros = <u32>i8x16.bitmask(i8x16.eq(v128.load(start, 1), i8x16.splat(ZERO)));
  const end = start + 17 - clz(~(areZeros << 16));
  if (whole <= 0) return end;
  // The decimals make room for the point.
  v128.store(at + whole, v128.load(at + whole), 1);
  store<u8>(at + whole, DOT);
  return end + 1;
}

/** The upper half of the digits of a double, so that products of halves are exact (Veltkamp 1968). */
// @ts-ignore: as above
@inline
function upperHalf(value: f64): f64 {
  const shifted = value * 134_217_729;
  return shifted - (shifted - value);
}

/** The 17 digits of a double, the last of which stands for 10^-scale, or 16 and a 0; 0 where they are not known for sure. */
// @ts-ignore: as above
@inline
function longDigits(size: f64, scale: i32): u64 {
  const bits = reinterpret<u64>(size);
  const product = size * power(scale);
  // Below a power of two the doubles lie closer than above.
  if ((bits & 0xf_ffff_ffff_ffff) == 0 || product < 1e16 || product >= 1e17 - 16) return 0;
  // What the product lacks, exactly (Dekker 1971).
  const sizeHigh = upperHalf(size);
  const sizeLow = size - sizeHigh;
  const powerHigh = upperHalf(power(scale));
  const powerLow = power(scale) - powerHigh;
  const rest = sizeLow * powerLow - (product - sizeHigh * powerHigh - sizeLow * powerHigh - sizeHigh * powerLow);
  const rounded = nearest(rest);
  const fraction = rest - rounded;
  const digits = <u64>(<i64>product + <i64>rounded);
  const last = digits % 10;
  const above = <f64>last + fraction;
  const distance = min(above, 10 - above);
  const halfGap = reinterpret<f64>(((bits >> 52) - 53) << 52) * power(scale);
  if (abs(distance - halfGap) < MARGIN || 5 - distance < MARGIN || 0.5 - abs(fraction) < MARGIN) return 0;
  if (distance >= halfGap) return digits;
  const short = digits - last + (above > 5 ? 10 : 0);
  return short < 100_000_000_000_000_000 ? short : 0;
}

/** Writes a whole number from 0 to below 10^15. Returns where it ends. */
// @ts-ignore: as above
@inline
function writeInteger(at: usize, size: f64): usize {
  if (size == 0) {
    store<u8>(at, ZERO);
    return at + 1;
  }
  if (size < 1e8) return writeWhole(at, <u32>size);
  const upper = <u64>size / 100_000_000;
  const middle = writeWhole(at, <u32>upper);
  store<u64>(middle, eightDigits(<u32>(<u64>size - upper * 100_000_000)));
  return middle + 8;
}

/**
 * Writes a number that is not below 0. Returns where it ends, or 0.
 *
 * @param asDouble writes `.0` behind a whole number
 */
// @ts-ignore: as above
@inline
function write(at: usize, size: f64, asDouble: bool): usize {
  if (!(size < MAX_PLAIN && size >= MIN_PLAIN) && size != 0) return 0;
  if (size == floor(size)) {
    const end = writeInteger(at, size);
    if (!asDouble) return end;
    store<u16>(end, POINT_ZERO);
    return end + 2;
  }
  let scale = <i32>load<u8>(scales + <usize>(reinterpret<u64>(size) >> 52));
  let scaled = size * power(scale);
  if (scaled >= MAX_PLAIN) scaled = size * power(--scale);
  const mantissa = nearest(scaled);
  if (mantissa / power(scale) == size) {
    return mantissa < MAX_PLAIN ? writeDecimal(at, <u64>mantissa * 100, 15 - scale) : 0;
  }
  const digits = longDigits(size, scale + 2);
  return digits == 0 ? 0 : writeDecimal(at, digits, 15 - scale);
}

/**
 * Writes numbers with commas between, and with brackets between rows. At a number that it does not write it stops, behind
 * the comma.
 *
 * @param from the first, and `count` the one behind the last
 * @param column how many numbers of the row have been written; 0 where nothing has
 * @param asDoubles whether whole numbers end in `.0`
 * @returns how long the text is
 */
export function writeNumbers(from: i32, count: i32, width: i32, column: i32, asDoubles: bool): usize {
  let at = TEXT;
  let i = from;
  for (; i < count; i++) {
    const value = load<f64>(NUMBERS + (<usize>i << 3));
    if (column == width) {
      store<u32>(at, NEXT_ROW);
      at += 3;
      column = 0;
    } else if (column > 0) {
      store<u8>(at++, COMMA);
    }
    const isNegative = <usize>(reinterpret<u64>(value) >> 63);
    store<u8>(at, MINUS);
    const end = write(at + isNegative, abs(value), asDoubles);
    if (end == 0) break;
    at = end;
    column++;
  }
  store<i32>(STOP, i);
  return at - TEXT;
}
