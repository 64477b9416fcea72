import type { InputFeature, InputFormat } from "../../registry/model.ts";
import { maxExactDigits } from "../json/parse-number.ts";
import { integerBoundsOf } from "./integer-bounds.ts";

/** What the columns of a model take that declares numbers alone, and takes its rows as lists. */
export interface NumberRanges {
  /** The least and the greatest number of each column, in turn. */
  readonly bounds: Float64Array;
  /** Of each column 1 where numbers are whole. */
  readonly whole: Uint8Array;
  /** How far from 0 any of the numbers may be. */
  readonly largest: number;
  /** Whether all numbers fit that have up to 15 digits before the point. */
  readonly areAny: boolean;
  /** The integer parts that show that a number fits; undefined for very many columns. */
  readonly integerBounds: Uint8Array | undefined;
}

/** No number with so many digits before the point is as far from 0. */
const beyondDigits = 10 ** maxExactDigits;

/** @returns undefined when a column takes anything but numbers, or rows are sent in another form than they come in */
export function numberRangesOf(features: readonly InputFeature[], format: InputFormat): NumberRanges | undefined {
  const numbers = features.every(
    ({ type, values }) => (type === "number" || type === "integer") && values === undefined,
  );
  if (!numbers || format !== "array") return undefined;
  const bounds = Float64Array.from(
    features.flatMap(({ min, max }) => [min ?? -Number.MAX_VALUE, max ?? Number.MAX_VALUE]),
  );
  const whole = Uint8Array.from(features, ({ type }) => (type === "integer" ? 1 : 0));
  const largest = bounds.reduce((most, bound) => Math.max(most, Math.abs(bound)), 0);
  const areAny = !whole.includes(1) && bounds.every((bound, i) => (i % 2 === 0 ? -bound : bound) >= beyondDigits);
  return { bounds, whole, largest, areAny, integerBounds: integerBoundsOf(bounds, whole) };
}

/** Whether one number fits its column. NaN and infinities never do. */
export function fitsColumn({ bounds, whole }: NumberRanges, column: number, value: number): boolean {
  return (
    value >= bounds[column * 2]! &&
    value <= bounds[column * 2 + 1]! &&
    (whole[column] === 0 || value === Math.floor(value))
  );
}
