import type { JsonScanner } from "./json-scanner.ts";
import { fitsColumn, type NumberRanges } from "./number-ranges.ts";
import { exactDecimal } from "./parse-number.ts";

const COMMA = 0x2c;
const MINUS = 0x2d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/**
 * Whether the rows of an array, whose syntax has been checked, fit what a model declares.
 *
 * @param start where the array starts
 * @returns false for rows that do not fit, and for those that are more than lists of plain numbers or lie within a hair's
 *   breadth of a bound: others are to judge them
 */
export function jsonRowsFit(scanner: JsonScanner, start: number, ranges: NumberRanges): boolean {
  const { bytes } = scanner;
  const width = ranges.whole.length;
  let at = scanner.space(start + 1);
  for (;;) {
    if (bytes[at] !== OPEN_BRACKET) return false;
    at++;
    for (let column = 0; column < width; column++) {
      if (bytes[at]! <= 0x20) at = scanner.space(at);
      const byte = bytes[at]!;
      if (byte !== MINUS && (byte < 0x30 || byte > 0x39)) return false;
      const value = scanner.roughNumber(at);
      if (!fitsRoughly(ranges, column, value, scanner.cutDecimals)) return false;
      at = scanner.numberEnd;
      if (bytes[at]! <= 0x20) at = scanner.space(at);
      if (bytes[at] !== (column + 1 < width ? COMMA : CLOSE_BRACKET)) return false;
      at++;
    }
    at = scanner.space(at);
    if (bytes[at] !== COMMA) return true;
    at = scanner.space(at + 1);
  }
}

function fitsRoughly(ranges: NumberRanges, column: number, value: number, cutDecimals: number): boolean {
  if (cutDecimals === 0) return fitsColumn(ranges, column, value);
  const error = exactDecimal(1, cutDecimals);
  // Whether a number is whole shows in its last digit.
  return (
    ranges.whole[column] === 0 && fitsColumn(ranges, column, value - error) && fitsColumn(ranges, column, value + error)
  );
}
