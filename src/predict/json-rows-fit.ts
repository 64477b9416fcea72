import type { JsonScanner } from "./json-scanner.ts";
import { fitsColumn, type NumberRanges } from "./number-ranges.ts";

const COMMA = 0x2c;
const MINUS = 0x2d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/**
 * Whether the rows of an array, whose syntax has been checked, fit what a model declares.
 *
 * @param start where the array starts
 * @returns false for rows that do not fit, and for those that are more than lists of numbers: others are to judge them
 */
export function jsonRowsFit(scanner: JsonScanner, start: number, ranges: NumberRanges): boolean {
  if (scanner.bytes[scanner.space(start + 1)] !== OPEN_BRACKET) return false;
  scanner.list(start, 0, ranges);
  return scanner.rowsFit;
}

/** Whether one row, whose syntax has been checked, is a list of numbers that fit. */
export function jsonRowFits(scanner: JsonScanner, start: number, ranges: NumberRanges): boolean {
  const { bytes } = scanner;
  const width = ranges.whole.length;
  let at = start + 1;
  for (let column = 0; column < width; column++) {
    at = scanner.space(at);
    const byte = bytes[at]!;
    if (byte !== MINUS && (byte < 0x30 || byte > 0x39)) return false;
    if (!fitsColumn(ranges, column, scanner.number(at))) return false;
    at = scanner.space(scanner.numberEnd);
    if (bytes[at] !== (column + 1 < width ? COMMA : CLOSE_BRACKET)) return false;
    at++;
  }
  return true;
}
