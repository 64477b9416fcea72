import type { InputFeature, InputFormat } from "../../registry/model.ts";
import { maxExactDigits } from "../json/parse-number.ts";
import { integerBoundsOf } from "./integer-bounds.ts";

/** The ranges of the columns of a model that declares only numbers and expects rows as lists. */
export interface NumberRanges {
  /** The least and the greatest number of each column, in turn. */
  readonly bounds: Float64Array;
  /** For each column 1 where numbers must be integers. */
  readonly whole: Uint8Array;
  /** The largest absolute value of any column. */
  readonly largest: number;
  /** Whether all numbers fit that have up to 15 digits before the point. */
  readonly areAny: boolean;
  /** The integer parts that show that a number fits; undefined for very many columns. */
  readonly integerBounds: Uint8Array | undefined;
}

/** The absolute value of any number with up to `maxExactDigits` digits before the point is smaller. */
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
