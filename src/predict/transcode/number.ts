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

/** Below this all integers are exact, and a decimal with as many digits names one double only. */
const maxMantissa = 1e15;
/** Below this JSON.stringify turns to exponents. */
const minPlain = 1e-6;
const powers = Array.from({ length: 16 }, (_, i) => 10 ** i);
/** The longest text of a double: -2.2250738585072014e-308. */
const maxTextBytes = 26;

/**
 * Writes what `writeNumber` gives, byte for byte, into a writer. Numbers of up to 15 significant digits, which is nearly
 * all of them, are written without a string: the shortest text of such a double is the one decimal of so few digits
 * that reads back as it.
 */
export function appendNumber(writer: ByteWriter, value: number): void {
  writer.reserve(maxTextBytes);
  const size = Math.abs(value);
  if (size < maxMantissa && size >= minPlain) {
    if (Number.isInteger(size)) {
      if (value < 0) writer.buffer[writer.length++] = MINUS;
      appendDigits(writer, size, 1);
      return;
    }
    let most = 15;
    while (size * powers[most]! >= maxMantissa) most--;
    if (Math.round(size * powers[most]!) / powers[most]! === size) {
      let decimals = 1;
      let mantissa = Math.round(size * 10);
      while (mantissa / powers[decimals]! !== size) mantissa = Math.round(size * powers[++decimals]!);
      if (value < 0) writer.buffer[writer.length++] = MINUS;
      const whole = Math.floor(mantissa / powers[decimals]!);
      appendDigits(writer, whole, 1);
      writer.buffer[writer.length++] = DOT;
      appendDigits(writer, mantissa - whole * powers[decimals]!, decimals);
      return;
    }
  }
  const text = writeNumber(value);
  const { buffer } = writer;
  let at = writer.length;
  for (let i = 0; i < text.length; i++) buffer[at++] = text.charCodeAt(i);
  writer.length = at;
}

/** Appends a whole number below 10^15 with at least `width` digits. There must be room. */
function appendDigits(writer: ByteWriter, value: number, width: number): void {
  let digits = width;
  while (digits < 16 && value >= powers[digits]!) digits++;
  const { buffer } = writer;
  const start = writer.length;
  let at = start + digits;
  writer.length = at;
  // Above 2^31 the division of doubles is slow, so the number is cut in two.
  let high = 0;
  let low = value;
  if (value >= 1e9) {
    high = Math.floor(value / 1e9);
    low = value - high * 1e9;
  }
  let rest = low | 0;
  const lowStart = Math.max(start, at - 9);
  while (at > lowStart) {
    const next = (rest / 10) | 0;
    buffer[--at] = ZERO + rest - next * 10;
    rest = next;
  }
  rest = high | 0;
  while (at > start) {
    const next = (rest / 10) | 0;
    buffer[--at] = ZERO + rest - next * 10;
    rest = next;
  }
}
