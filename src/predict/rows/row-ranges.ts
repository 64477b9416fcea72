import { type NumberRanges, numberRangesOf } from "./number-ranges.ts";

const rangesByWidth = new Map<string, NumberRanges>();
const maxKept = 64;
/** Wider rows are looked at one by one, so that what is kept stays small. */
const maxWidth = 4096;

/**
 * What rows of so many numbers may hold that need no look at each of them.
 *
 * @param width how many numbers a row has
 * @param max how far from 0 they may be
 * @returns undefined for rows that are not passed over like this
 */
export function rowRanges(width: number, max: number): NumberRanges | undefined {
  if (width === 0 || width > maxWidth) return undefined;
  const key = `${width} ${max}`;
  let ranges = rangesByWidth.get(key);
  if (ranges === undefined) {
    const column = { name: "", type: "number", min: -max, max } as const;
    ranges = numberRangesOf(
      Array.from({ length: width }, () => column),
      "array",
    )!;
    if (rangesByWidth.size >= maxKept) rangesByWidth.clear();
    rangesByWidth.set(key, ranges);
  }
  return ranges;
}
