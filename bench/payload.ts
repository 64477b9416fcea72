/** The rows that are sent and the predictions that come back: made from a seed, so that every run has the same. */

import { random } from "../measure/random.ts";

export type Row = readonly number[];

/** How many features a row has. */
export const width = 8;

/**
 * Rows of 8 features with digits as metrics have them: two whole numbers, two with two decimals, two with six, and two
 * that use all 17 digits of a double, which is what scaled features look like and what costs the most.
 */
export function rowsOf(count: number): Row[] {
  const next = random(count);
  const rounded = (scale: number, decimals: number): number => Number((next() * scale).toFixed(decimals));
  const full = (): number => (next() + next() / 2 ** 32) * 4 - 2;
  return Array.from({ length: count }, () => [
    rounded(100, 0),
    rounded(10_000, 0),
    rounded(100, 2),
    -rounded(1000, 2),
    rounded(1, 6),
    rounded(10, 6),
    full(),
    full(),
  ]);
}

/** One score per row. */
export function predictionsOf(count: number): number[] {
  const next = random(-count);
  return Array.from({ length: count }, () => Number((next() * 2 - 1).toFixed(4)));
}

/** The model that takes so many rows; the upstream answers each with as many predictions. */
export function modelOf(rows: number): string {
  return `rows-${rows}`;
}

/** The model that answers one prediction after a second. */
export const slowModel = "rows-1-after-1000ms";

/** A KServe v1 request. */
export function requestBody(rows: number): Buffer {
  return Buffer.from(JSON.stringify({ instances: rowsOf(rows) }));
}

/** A KServe v1 answer. */
export function answerBody(rows: number): Buffer {
  return Buffer.from(JSON.stringify({ predictions: predictionsOf(rows) }));
}
