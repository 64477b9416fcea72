import { describe, expect, test } from "vitest";
import { trainIsolationForest } from "../../demo/isolation-forest.ts";
import { makeUsageRows } from "../../demo/made-data.ts";

const training = makeUsageRows(1000, 0.02, 11);
const forest = trainIsolationForest(training, { contamination: 0.03, seed: 5 });

describe("isolation forest", () => {
  test("calls a row in the midst of the others normal, and one far from all of them an anomaly", () => {
    const predictions = forest.predict([
      [0.5, 1.2, 0.8],
      [9.5, 9.2, 8.8],
    ]);
    expect(predictions).toEqual([1, -1]);
  });

  test("scores far rows near 1 and common rows below 0.5", () => {
    expect(forest.score([0.5, 1.2, 0.8])).toBeLessThan(0.5);
    expect(forest.score([9.5, 9.2, 8.8])).toBeGreaterThan(0.7);
  });

  test("finds nearly all far rows it has never seen, and spares nearly all healthy ones", () => {
    const healthy = forest.predict(makeUsageRows(500, 0, 12));
    const far = forest.predict(makeUsageRows(500, 0, 13).map((row) => row.map((value) => value * 6)));
    expect(healthy.filter((label) => label === -1).length).toBeLessThan(25);
    expect(far.filter((label) => label === -1).length).toBeGreaterThan(475);
  });

  test("calls the contaminated share of its own training rows anomalies", () => {
    expect(forest.predict(training).filter((label) => label === -1)).toHaveLength(30);
  });

  test("is the same for the same seed, and another for another", () => {
    const scores = (seed: number) => {
      const again = trainIsolationForest(training, { trees: 20, seed });
      return training.slice(0, 50).map(again.score);
    };
    expect(scores(5)).toEqual(scores(5));
    expect(scores(5)).not.toEqual(scores(6));
  });

  test("scores a row with a missing value", () => {
    expect(forest.score([Number.NaN, 1.2, 0.8])).toBeGreaterThan(0);
  });

  test("copes with rows that are all alike", () => {
    const flat = trainIsolationForest(new Array(20).fill([1, 1, 1]), { trees: 5 });
    expect(flat.predict([[1, 1, 1]])).toEqual([1]);
  });

  test("cannot be grown from fewer than two rows", () => {
    expect(() => trainIsolationForest([[1, 2, 3]])).toThrow("needs at least 2 rows, not 1");
  });
});
