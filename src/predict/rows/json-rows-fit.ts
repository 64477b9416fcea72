import type { JsonScanner } from "../json/json-scanner.ts";
import type { NumberRanges } from "./number-ranges.ts";

const OPEN_BRACKET = 0x5b;

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
