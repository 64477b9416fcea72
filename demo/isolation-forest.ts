import { createRandom, type Random } from "./made-data.ts";

/** How a forest is grown. */
export interface IsolationForestOptions {
  /** How many trees. Default: 100. */
  readonly trees?: number;
  /** How many rows each tree is grown from, drawn without replacement. Default: 256, or all rows where there are fewer. */
  readonly sampleSize?: number;
  /** The share of the training rows to call anomalies, in [0, 0.5]: it sets the threshold. Default: 0.01. */
  readonly contamination?: number;
  /** The same rows and the same seed give the same forest. Default: 1. */
  readonly seed?: number;
}

/** A trained isolation forest (Liu, Ting and Zhou, 2008). */
export interface IsolationForest {
  /** For each row, -1 for an anomaly and 1 for a normal row, as in scikit-learn. */
  predict(rows: readonly (readonly number[])[]): number[];
  /** How easily the row is separated from the others, in (0, 1): about 0.5 or less is normal, near 1 is abnormal. */
  score(row: readonly number[]): number;
}

type Rows = readonly (readonly number[])[];
type Tree = { size: number } | { feature: number; threshold: number; low: Tree; high: Tree };

/**
 * Grows a forest: trees that split their rows at random until each row is alone. A row that few random splits
 * suffice to isolate is unlike the others.
 *
 * @param rows the training data, one array per row, all of the same width
 */
export function trainIsolationForest(rows: Rows, options: IsolationForestOptions = {}): IsolationForest {
  const { trees = 100, contamination = 0.01, seed = 1 } = options;
  const sampleSize = Math.min(options.sampleSize ?? 256, rows.length);
  if (sampleSize < 2) throw new RangeError(`an isolation forest needs at least 2 rows, not ${sampleSize}`);
  const random = createRandom(seed);
  // Deeper than the average depth there is nothing left to learn: what is still together there is normal.
  const maxDepth = Math.ceil(Math.log2(sampleSize));
  const forest = Array.from({ length: trees }, () => grow(sample(rows, sampleSize, random), maxDepth, random));

  const score = (row: readonly number[]): number => {
    const meanPath = forest.reduce((sum, tree) => sum + pathLength(tree, row), 0) / trees;
    return 2 ** (-meanPath / averagePathLength(sampleSize));
  };
  const ranked = rows.map(score).sort((a, b) => b - a);
  const threshold = ranked[Math.floor(contamination * rows.length)]!;
  return { score, predict: (asked) => asked.map((row) => (score(row) > threshold ? -1 : 1)) };
}

function sample(rows: Rows, size: number, random: Random): Rows {
  const drawn = [...rows];
  for (let i = 0; i < size; i++) {
    const j = i + Math.floor(random() * (drawn.length - i));
    [drawn[i], drawn[j]] = [drawn[j]!, drawn[i]!];
  }
  return drawn.slice(0, size);
}

function grow(rows: Rows, depthLeft: number, random: Random): Tree {
  if (depthLeft === 0 || rows.length <= 1) return { size: rows.length };
  const ranges = rows[0]!.map((_, feature) => {
    const column = rows.map((row) => row[feature]!);
    return { feature, min: Math.min(...column), max: Math.max(...column) };
  });
  const splittable = ranges.filter(({ min, max }) => min < max);
  const chosen = splittable[Math.floor(random() * splittable.length)];
  if (chosen === undefined) return { size: rows.length };
  const { feature, min, max } = chosen;
  // In [min, max), so that "at most the threshold" leaves at least one row on either side.
  const threshold = min + random() * (max - min);
  const low = rows.filter((row) => row[feature]! <= threshold);
  const high = rows.filter((row) => row[feature]! > threshold);
  return { feature, threshold, low: grow(low, depthLeft - 1, random), high: grow(high, depthLeft - 1, random) };
}

function pathLength(root: Tree, row: readonly number[]): number {
  let tree = root;
  let depth = 0;
  while ("feature" in tree) {
    // A missing value (NaN) compares as false, and so always goes the same way.
    tree = row[tree.feature]! <= tree.threshold ? tree.low : tree.high;
    depth++;
  }
  return depth + averagePathLength(tree.size);
}

/** The mean number of splits to isolate one of `size` rows: that of an unsuccessful search in a binary search tree. */
function averagePathLength(size: number): number {
  if (size <= 1) return 0;
  if (size === 2) return 1;
  const eulerGamma = 0.5772156649015329;
  return 2 * (Math.log(size - 1) + eulerGamma) - (2 * (size - 1)) / size;
}
