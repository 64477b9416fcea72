import { describe, expect, test } from "vitest";
import { trainDiskFailure } from "../../demo/disk-failure.ts";
import { makeDiskHistory } from "../../demo/made-data.ts";

const history = makeDiskHistory(1000, 31);
const classifier = trainDiskFailure(history);

describe("disk failure classifier", () => {
  test("tells a full, busy disk from one with room", () => {
    const [full, roomy] = classifier.predict([
      [91.2, 5000, 365],
      [35, 800, 90],
    ]);
    expect(full).toBeGreaterThan(0.7);
    expect(roomy).toBeLessThan(0.2);
  });

  test.each([
    ["fuller", [90, 3000, 400], [60, 3000, 400]],
    ["busier", [70, 7000, 400], [70, 1000, 400]],
    ["older", [70, 3000, 1400], [70, 3000, 100]],
  ])("ranks a %s disk above one that is otherwise alike", (_, worse, better) => {
    const [high, low] = classifier.predict([worse, better]);
    expect(high).toBeGreaterThan(low!);
  });

  test("ranks a disk that failed above one that did not in nearly nine of ten pairs it has never seen", () => {
    const unseen = makeDiskHistory(400, 32);
    const probabilities = classifier.predict(unseen.rows);
    const failed = probabilities.filter((_, i) => unseen.failed[i] === 1);
    const sound = probabilities.filter((_, i) => unseen.failed[i] === 0);
    const ordered = failed.reduce((sum, high) => sum + sound.filter((low) => low < high).length, 0);
    expect(ordered / (failed.length * sound.length)).toBeGreaterThan(0.87);
  });

  test("gives probabilities that fit the share of disks that failed", () => {
    const mean = classifier.predict(history.rows).reduce((sum, p) => sum + p, 0) / history.rows.length;
    const share = history.failed.reduce((sum, label) => sum + label, 0) / history.failed.length;
    expect(mean).toBeCloseTo(share, 2);
  });

  test("is the same every time", () => {
    const row = [[80, 4000, 300]];
    expect(trainDiskFailure(history).predict(row)).toEqual(classifier.predict(row));
  });

  test("is not upset by a feature that never changes", () => {
    const constant = { rows: history.rows.map(([a, b]) => [a!, b!, 100]), failed: history.failed };
    const [probability] = trainDiskFailure(constant, { epochs: 20 }).predict([[91.2, 5000, 100]]);
    expect(probability).toBeGreaterThan(0.5);
  });
});
