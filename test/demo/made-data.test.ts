import { expect, test } from "vitest";
import { createRandom, makeDiskHistory, makeLoadSeries, makeUsageRows, normal } from "../../demo/made-data.ts";

test("the same seed gives the same numbers, another seed gives others", () => {
  const draw = (seed: number) => Array.from({ length: 5 }, createRandom(seed));
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
});

test("random numbers fill [0, 1) evenly", () => {
  const random = createRandom(1);
  const buckets = new Array<number>(10).fill(0);
  for (let i = 0; i < 10_000; i++) buckets[Math.floor(random() * 10)]!++;
  for (const count of buckets) expect(Math.abs(count - 1000)).toBeLessThan(120);
});

test("normal numbers have the mean and the deviation asked for", () => {
  const random = createRandom(2);
  const drawn = Array.from({ length: 20_000 }, () => normal(random, 5, 2));
  const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
  const variance = drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / drawn.length;
  expect(mean).toBeCloseTo(5, 1);
  expect(Math.sqrt(variance)).toBeCloseTo(2, 1);
});

test("data sets have the shape they promise", () => {
  const usage = makeUsageRows(100, 0.1, 1);
  expect(usage).toHaveLength(100);
  expect(usage.every((row) => row.length === 3 && row.every((value) => value > 0))).toBe(true);
  expect(makeLoadSeries(48, 1)).toHaveLength(48);
  const { rows, failed } = makeDiskHistory(200, 1);
  expect([rows.length, failed.length]).toEqual([200, 200]);
  expect(new Set(failed)).toEqual(new Set([0, 1]));
});
