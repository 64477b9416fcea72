import type { DiskHistory } from "./made-data.ts";

/** The features of one row, in order: percent, operations per second, days. */
export const DISK_FEATURES = ["disk_utilization", "iops", "disk_age_days"] as const;

/** A trained classifier of disks. */
export interface DiskFailureClassifier {
  /** For each row of the features of a disk, the probability in [0, 1] that it fails. */
  predict(rows: readonly (readonly number[])[]): number[];
}

/** How long to train, and how fast. */
export interface DiskFailureOptions {
  /** Passes over all rows. Default: 400. */
  readonly epochs?: number;
  /** How far to follow the gradient in each pass. Default: 0.5. */
  readonly learningRate?: number;
}

/**
 * Trains a logistic regression by gradient descent on the log loss, over all rows at once.
 *
 * The features are standardised first (mean 0, deviation 1): IOPS are in the thousands and percentages are not, and
 * with such scales side by side no one learning rate suits them all.
 */
export function trainDiskFailure(history: DiskHistory, options: DiskFailureOptions = {}): DiskFailureClassifier {
  const { epochs = 400, learningRate = 0.5 } = options;
  const standardise = fitScale(history.rows);
  const rows = history.rows.map(standardise);
  const weights = rows[0]!.map(() => 0);
  let bias = 0;

  const probability = (row: readonly number[]): number =>
    1 / (1 + Math.exp(-row.reduce((sum, value, i) => sum + value * weights[i]!, bias)));

  for (let epoch = 0; epoch < epochs; epoch++) {
    const errors = rows.map((row, n) => probability(row) - history.failed[n]!);
    const step = learningRate / rows.length;
    bias -= step * errors.reduce((sum, error) => sum + error, 0);
    for (let i = 0; i < weights.length; i++) {
      weights[i]! -= step * errors.reduce((sum, error, n) => sum + error * rows[n]![i]!, 0);
    }
  }
  return { predict: (asked) => asked.map((row) => probability(standardise(row))) };
}

/** Learns the mean and the deviation of each column. */
function fitScale(rows: readonly (readonly number[])[]): (row: readonly number[]) => number[] {
  const columns = rows[0]!.map((_, i) => {
    const mean = rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length;
    const variance = rows.reduce((sum, row) => sum + (row[i]! - mean) ** 2, 0) / rows.length;
    // A column that never changes says nothing; dividing by 1 leaves it at 0.
    return { mean, deviation: Math.sqrt(variance) || 1 };
  });
  return (row) => columns.map(({ mean, deviation }, i) => (row[i]! - mean) / deviation);
}
