import { describe, expect, test } from "vitest";
import { fitForecast } from "../../demo/forecast.ts";
import { leastSquares } from "../../demo/least-squares.ts";
import { makeLoadSeries } from "../../demo/made-data.ts";

const series = makeLoadSeries(24 * 35, 21);
const trainingHours = 24 * 28;
const forecast = fitForecast(series.slice(0, trainingHours));

describe("forecast", () => {
  test("errs less than half as much as the last value repeated, and much less than the last step repeated, on unseen hours", () => {
    const errors = { forecast: 0, lastValue: 0, lastStep: 0 };
    for (let start = trainingHours; start + 9 <= series.length; start++) {
      const window = series.slice(start, start + 6);
      const [predicted] = forecast.predict([window]);
      const last = window[5]!;
      for (let ahead = 1; ahead <= 3; ahead++) {
        const actual = series[start + 5 + ahead]!;
        errors.forecast += Math.abs(predicted![ahead - 1]! - actual);
        errors.lastValue += Math.abs(last - actual);
        errors.lastStep += Math.abs(last + ahead * (last - window[4]!) - actual);
      }
    }
    expect(errors.forecast).toBeLessThan(errors.lastValue / 2);
    expect(errors.forecast).toBeLessThan(errors.lastStep * 0.75);
  });

  test("gives three values for each window of six", () => {
    const windows = [series.slice(0, 6), series.slice(6, 12)];
    expect(forecast.predict(windows).map((next) => next.length)).toEqual([3, 3]);
  });

  test("continues a straight line exactly", () => {
    const line = Array.from({ length: 60 }, (_, i) => 10 + 2 * i);
    const [next] = fitForecast(line).predict([[50, 52, 54, 56, 58, 60]]);
    expect(next!.map((value) => Math.round(value * 1000) / 1000)).toEqual([62, 64, 66]);
  });

  test("is the same every time", () => {
    const again = fitForecast(series.slice(0, trainingHours));
    expect(again.predict([series.slice(0, 6)])).toEqual(forecast.predict([series.slice(0, 6)]));
  });

  test("refuses a series that is too short", () => {
    expect(() => fitForecast([1, 2, 3, 4, 5, 6, 7, 8, 9])).toThrow("a series of 9 values is too short");
  });
});

test("least squares finds the weights that made the outputs", () => {
  const inputs = Array.from({ length: 20 }, (_, i) => [1, i, (i * 7) % 5]);
  const outputs = inputs.map(([one, a, b]) => [3 * one! + 2 * a! - b!, 4 * b!]);
  const weights = leastSquares(inputs, outputs);
  const expected = [
    [3, 0],
    [2, 0],
    [-1, 4],
  ];
  for (const [i, row] of expected.entries()) {
    for (const [j, weight] of row.entries()) expect(weights[i]![j]).toBeCloseTo(weight, 6);
  }
});
