import type { ByteWriter } from "../byte-writer.ts";

/**
 * Writes a double as JSON text that reads back as the same double, with two exceptions that JSON itself makes: NaN is
 * written as `null`, which KServe reads as a missing number, and infinities as the bare words that Python's JSON uses.
 */
export function writeNumber(value: number): string {
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return "null";
  return value > 0 ? "Infinity" : "-Infinity";
}

const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;

/** Numbers from here up to, not including, `maxPlain` are written here; the rest is left to the engine. */
const minPlain = 1e-6;
/** Below this all integers are exact, and a decimal with as many digits names one double only. */
const maxPlain = 1e15;
/** The longest text of a double: -2.2250738585072014e-308. Digits that are cut off may lie behind it. */
const maxTextBytes = 32;

/** All powers of ten that a double holds exactly. */
const powers = Float64Array.from({ length: 23 }, (_, i) => 10 ** i);

/** The digits of 0 to 9999, each four in the four bytes of a word, the first in the highest. */
const fourDigits = Uint32Array.from({ length: 10_000 }, (_, value) => {
  const digit = (power: number): number => ZERO + (Math.floor(value / power) % 10);
  return (digit(1000) << 24) | (digit(100) << 16) | (digit(10) << 8) | digit(1);
});

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
/** Which of them holds the exponent: the second on every machine that Node runs on but s390x. */
const highWord = new Uint8Array(Uint16Array.of(1).buffer)[0]!;
const lowWord = 1 - highWord;

/** With how many decimals a double has 15 digits, or 16, by its biased exponent. */
const scales = Uint8Array.from({ length: 2048 }, (_, exponent) => {
  const decimals = 14 - Math.floor((exponent - 1023) * Math.log10(2));
  return decimals >= 0 && decimals <= 20 ? decimals : 20;
});
/** Half the distance from a double to the next, by its biased exponent. */
const halfGaps = Float64Array.from({ length: 2048 }, (_, exponent) => 2 ** (exponent - 1023 - 53));
/** Distances closer to each other than this are left to the engine to compare. */
const margin = 1e-9;

/**
 * Writes what `writeNumber` gives, byte for byte, into a writer. Nearly all numbers are written without a string.
 *
 * When a double is a decimal of up to 15 digits, that decimal is its shortest text; whether it is one is found by trying.
 * Of the others 17 digits are made, with the sum of two doubles for what one cannot hold. 17 digits always read back; 16
 * do when the nearest decimal of so many lies within half the distance to the next double.
 */
export function appendNumber(writer: ByteWriter, value: number): void {
  writer.reserve(maxTextBytes);
  const { view } = writer;
  const size = Math.abs(value);
  if (size < maxPlain && size >= minPlain) {
    let at = writer.length;
    if (value < 0) view.setUint8(at++, MINUS);
    const end = size === Math.floor(size) ? writeWhole(view, at, size) : writeDecimal(view, at, size);
    if (end !== undecided) {
      writer.length = end;
      return;
    }
  }
  const text = writeNumber(value);
  let at = writer.length;
  for (let i = 0; i < text.length; i++) view.setUint8(at++, text.charCodeAt(i));
  writer.length = at;
}

const undecided = -1;

/** Writes a whole number from 1 to below 10^15. Returns where it ends. */
function writeWhole(view: DataView, start: number, value: number): number {
  if (value < 1e4) {
    const zeros = value < 10 ? 3 : value < 100 ? 2 : value < 1000 ? 1 : 0;
    view.setUint32(start, fourDigits[value]! << (zeros * 8));
    return start + 4 - zeros;
  }
  const high = Math.floor(value / 1e4);
  const at = writeWhole(view, start, high);
  view.setUint32(at, fourDigits[value - high * 1e4]!);
  return at + 4;
}

/** Writes a number that is not whole. Returns where it ends, or `undecided`. */
function writeDecimal(view: DataView, start: number, size: number): number {
  double[0] = size;
  const exponent = words[highWord]! >>> 20;
  let scale = scales[exponent]!;
  let scaled = size * powers[scale]!;
  if (scaled >= maxPlain) scaled = size * powers[--scale]!;
  const mantissa = Math.round(scaled);
  if (mantissa / powers[scale]! !== size) return writeLongDecimal(view, start, size, scale + 2, exponent);
  if (mantissa >= maxPlain) return undecided;
  const whole = 15 - scale;
  const at = whole > 0 ? start + 1 : start + 2 - whole;
  const high = Math.floor(mantissa / 1e8);
  const low = mantissa - high * 1e8;
  // The eighth digit is written over.
  write8(view, at, high * 10);
  if (low === 0) return setPoint(view, start, whole, at + 7);
  write8(view, at + 7, low);
  return setPoint(view, start, whole, at + 15);
}

/** Writes a number that has 16 or 17 digits, the last of which stands for 10^-scale. */
function writeLongDecimal(view: DataView, start: number, size: number, scale: number, exponent: number): number {
  // Below a power of two the doubles lie closer than above.
  if (words[lowWord] === 0 && (words[highWord]! & 0xf_ffff) === 0) return undecided;
  const power = powers[scale]!;
  const product = size * power;
  if (product < 1e16 || product >= 1e17 - 16) return undecided;
  // What the product lacks, exactly (Dekker 1971).
  const sizeHigh = upperHalf(size);
  const sizeLow = size - sizeHigh;
  const powerHigh = upperHalf(power);
  const powerLow = power - powerHigh;
  const rest = sizeLow * powerLow - (product - sizeHigh * powerHigh - sizeLow * powerHigh - sizeHigh * powerLow);
  const rounded = Math.round(rest);
  const fraction = rest - rounded;
  let high = Math.floor(product / 1e8);
  let low = product - high * 1e8 + rounded;
  if (low < 0) {
    high--;
    low += 1e8;
  } else if (low >= 1e8) {
    high++;
    low -= 1e8;
  }
  const last = (low | 0) % 10;
  const above = last + fraction;
  const distance = Math.min(above, 10 - above);
  const halfGap = halfGaps[exponent]! * power;
  const unclear = Math.abs(distance - halfGap) < margin || 5 - distance < margin || 0.5 - Math.abs(fraction) < margin;
  if (unclear) return undecided;
  if (distance < halfGap) {
    low += above > 5 ? 10 - last : -last;
    if (low >= 1e8) {
      high++;
      low -= 1e8;
    }
  }
  if (high >= 1e9) return undecided;
  const whole = 17 - scale;
  const at = whole > 0 ? start + 1 : start + 2 - whole;
  const first = ((high | 0) / 1e8) | 0;
  view.setUint8(at, ZERO + first);
  write8(view, at + 1, high - first * 1e8);
  write8(view, at + 9, low);
  return setPoint(view, start, whole, at + 17);
}

/** The upper half of the digits of a double, so that products of halves are exact (Veltkamp 1968). */
function upperHalf(value: number): number {
  const shifted = value * 134_217_729;
  return shifted - (shifted - value);
}

/**
 * Sets the point into digits that end at `end`: they start one byte behind `start` when so many of them as `whole` are
 * to stand before the point, and behind the zeros that are missing when there are none. Cuts zeros off the end.
 */
function setPoint(view: DataView, start: number, whole: number, end: number): number {
  if (whole > 0) {
    for (let i = start; i < start + whole; i++) view.setUint8(i, view.getUint8(i + 1));
    view.setUint8(start + whole, DOT);
  } else {
    view.setUint8(start, ZERO);
    view.setUint8(start + 1, DOT);
    for (let i = start + 2; i < start + 2 - whole; i++) view.setUint8(i, ZERO);
  }
  let at = end;
  while (view.getUint8(at - 1) === ZERO) at--;
  return at;
}

/** Writes eight digits. */
function write8(view: DataView, at: number, value: number): void {
  const high = ((value | 0) / 1e4) | 0;
  view.setUint32(at, fourDigits[high]!);
  view.setUint32(at + 4, fourDigits[(value | 0) - high * 1e4]!);
}
