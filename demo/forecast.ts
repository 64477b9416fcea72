import { leastSquares } from "./least-squares.ts";

/** A forecast fitted to one series. */
export interface Forecast {
  /** How many past values a window holds. */
  readonly windowSize: number;
  /** How many future values are predicted. */
  readonly horizon: number;
  /** For each window of past values, oldest first, the values that follow it, in the unit of the series. */
  predict(windows: readonly (readonly number[])[]): number[][];
}

/**
 * Fits an autoregression by least squares: each future value is a weighted sum of the window and a constant, with
 * weights of its own per step ahead, so that the errors of one step do not build up in the next.
 *
 * A wave and a trend both obey such a recurrence; a window much shorter than the wave is therefore enough to tell
 * where in the wave it lies.
 *
 * @param series equally spaced values, oldest first; well more than `windowSize + horizon` of them
 */
export function fitForecast(series: readonly number[], { windowSize = 6, horizon = 3 } = {}): Forecast {
  const count = series.length - windowSize - horizon + 1;
  if (count <= windowSize) throw new RangeError(`a series of ${series.length} values is too short for a forecast`);
  const starts = Array.from({ length: count }, (_, start) => start);
  const inputs = starts.map((start) => [1, ...series.slice(start, start + windowSize)]);
  const outputs = starts.map((start) => series.slice(start + windowSize, start + windowSize + horizon));
  const weights = leastSquares(inputs, outputs);

  const follow = (window: readonly number[]): number[] =>
    Array.from({ length: horizon }, (_, step) =>
      [1, ...window].reduce((sum, value, i) => sum + value * weights[i]![step]!, 0),
    );
  return { windowSize, horizon, predict: (windows) => windows.map(follow) };
}
