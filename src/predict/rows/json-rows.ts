import { slicesOf } from "../../base/in-slices.ts";
import type { JsonScanner } from "../json/json-scanner.ts";
import type { NumberRanges } from "./number-ranges.ts";
import type { Rows } from "./rows.ts";

const OPEN_BRACKET = 0x5b;

/**
 * The rows of a JSON array whose syntax has been checked.
 *
 * @param start where the array starts
 * @param known what the pass that checked the syntax has found out, where it looked at the numbers as well
 */
export function jsonRows(
  scanner: JsonScanner,
  start: number,
  known?: { readonly ranges: NumberRanges | undefined; readonly fit: boolean },
): Rows {
  return {
    fit: (ranges) =>
      slicesOf(() => {
        if (known !== undefined && known.ranges === ranges) return known.fit;
        if (scanner.bytes[scanner.space(start + 1)] !== OPEN_BRACKET) return false;
        scanner.list(start, 0, ranges);
        return scanner.rowsFit;
      }),
  };
}
