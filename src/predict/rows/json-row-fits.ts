import { maxExactDigits } from "../json/parse-number.ts";
import { fitsColumn, type NumberRanges } from "./number-ranges.ts";

const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const CLOSE_BRACKET = 0x5d;

/** What reads the numbers of a row. */
export interface NumberReader {
  readonly bytes: Uint8Array;
  /** The position behind the last number that was read. */
  readonly numberEnd: number;
  /** The position behind white space. */
  space(at: number): number;
  /** The number at a position. */
  number(at: number): number;
}

/** Whether one row, whose syntax has been checked, is a list of numbers that fit. */
export function jsonRowFits(reader: NumberReader, start: number, ranges: NumberRanges): boolean {
  const { bytes } = reader;
  const { areAny } = ranges;
  const width = ranges.whole.length;
  let at = start + 1;
  for (let column = 0; column < width; column++) {
    at = reader.space(at);
    const byte = bytes[at]!;
    if (byte !== MINUS && (byte < 0x30 || byte > 0x39)) return false;
    const end = areAny ? shortNumberEnd(bytes, at) : at;
    if (end > at) {
      at = reader.space(end);
    } else {
      if (!fitsColumn(ranges, column, reader.number(at))) return false;
      at = reader.space(reader.numberEnd);
    }
    if (bytes[at] !== (column + 1 < width ? COMMA : CLOSE_BRACKET)) return false;
    at++;
  }
  return true;
}

/** Where a number ends that has no more than 15 digits before its point, and no exponent; where it starts for others. */
function shortNumberEnd(bytes: Uint8Array, start: number): number {
  const first = bytes[start] === MINUS ? start + 1 : start;
  let at = first;
  let byte = bytes[at]!;
  while (byte >= 0x30 && byte <= 0x39) byte = bytes[++at]!;
  if (at - first > maxExactDigits) return start;
  if (byte === DOT) {
    byte = bytes[++at]!;
    while (byte >= 0x30 && byte <= 0x39) byte = bytes[++at]!;
  }
  return (byte | 0x20) === 0x65 ? start : at;
}
