import { type NumberRanges, numberRangesOf } from "./number-ranges.ts";

/** By the largest absolute value, of which there are few, and by width. */
const rangesByMax = new Map<number, Map<number, NumberRanges>>();
const maxKept = 64;
/** Wider rows are read one number at a time, so that this cache stays small. */
const maxWidth = 4096;

/**
 * Ranges for rows of `width` arbitrary numbers that can be skipped without reading each number.
 *
 * @param width how many numbers a row has
 * @param max the largest absolute value
 * @returns undefined for rows that cannot be skipped like this
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
