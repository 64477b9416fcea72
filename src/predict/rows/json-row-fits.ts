import { fitsColumn, type NumberRanges } from "./number-ranges.ts";

const COMMA = 0x2c;
const MINUS = 0x2d;
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
  const width = ranges.whole.length;
  let at = start + 1;
  for (let column = 0; column < width; column++) {
    at = reader.space(at);
    const byte = bytes[at]!;
    if (byte !== MINUS && (byte < 0x30 || byte > 0x39)) return false;
    if (!fitsColumn(ranges, column, reader.number(at))) return false;
    at = reader.space(reader.numberEnd);
    if (bytes[at] !== (column + 1 < width ? COMMA : CLOSE_BRACKET)) return false;
    at++;
  }
  return true;
}
