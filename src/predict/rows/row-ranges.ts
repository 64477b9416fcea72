import { type NumberRanges, numberRangesOf } from "./number-ranges.ts";

/** By how far from 0 numbers may be, which are few, and by width. */
const rangesByMax = new Map<number, Map<number, NumberRanges>>();
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
  let rangesByWidth = rangesByMax.get(max);
  if (rangesByWidth === undefined) {
    rangesByWidth = new Map();
    rangesByMax.set(max, rangesByWidth);
  }
  let ranges = rangesByWidth.get(width);
  if (ranges === undefined) {
    const column = { name: "", type: "number", min: -max, max } as const;
    ranges = numberRangesOf(
      Array.from({ length: width }, () => column),
      "array",
    )!;
    if (rangesByWidth.size >= maxKept) rangesByWidth.clear();
    rangesByWidth.set(width, ranges);
  }
  return ranges;
}
