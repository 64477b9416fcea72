/**
 * Data sets made up for the demo models. All randomness is seeded, so that the models, and with them every
 * prediction shown in the documentation, are the same on every machine and in every run.
 */

/** Returns the next number of a random sequence, evenly spread over [0, 1). */
export type Random = () => number;

/**
 * Starts a random sequence (the mulberry32 generator: 32 bits of state, good enough to make data, not for secrets).
 *
 * @param seed any 32-bit integer; the same seed gives the same sequence
 */
export function createRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Draws from a normal distribution, in the unit of `mean` (Box-Muller; uses two numbers of `random`). */
export function normal(random: Random, mean: number, deviation: number): number {
  // 1 - random() is never 0, whose logarithm would be infinite.
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return mean + deviation * radius * Math.cos(2 * Math.PI * random());
}

/**
 * Makes samples of what services use: nearly all healthy, around [0.5, 1.2, 0.8], with memory and latency growing with
 * the load; and some in trouble, with one of the three far too high.
 *
 * @param trouble the share in trouble, in [0, 1]; they come first
 * @returns `count` rows of [CPU in cores, memory in GiB, latency in seconds]
 */
export function makeUsageRows(count: number, trouble: number, seed: number): number[][] {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, i) => {
    const load = normal(random, 0, 1);
    const row = [
      Math.max(0.01, 0.5 + 0.12 * load + normal(random, 0, 0.08)),
      Math.max(0.05, 1.2 + 0.15 * load + normal(random, 0, 0.15)),
      Math.max(0.01, 0.8 + 0.1 * load + normal(random, 0, 0.12)),
    ];
    if (i < trouble * count) row[i % row.length]! *= 3 + 7 * random();
    return row;
  });
}

/**
 * Makes the hourly CPU use of a service: a daily wave on a slow rise, with noise.
 *
 * @returns `hours` values in percent, oldest first
 */
export function makeLoadSeries(hours: number, seed: number): number[] {
  const random = createRandom(seed);
  return Array.from({ length: hours }, (_, hour) => {
    const daily = 15 * Math.sin((2 * Math.PI * hour) / 24);
    return 45 + 0.01 * hour + daily + normal(random, 0, 0.8);
  });
}

/** Disks and what became of them. */
export interface DiskHistory {
  /** One row per disk: [utilization in percent, I/O operations per second, age in days]. */
  readonly rows: number[][];
  /** For each row: 1 when the disk failed, 0 when it did not. */
  readonly failed: number[];
}

/** Makes the history of `count` disks: fuller, busier and older disks fail more often, though never for certain. */
export function makeDiskHistory(count: number, seed: number): DiskHistory {
  const random = createRandom(seed);
  const rows: number[][] = [];
  const failed: number[] = [];
  for (let i = 0; i < count; i++) {
    const utilization = 20 + 79 * random();
    const iops = 100 + 7900 * random();
    const ageDays = 5 + 1495 * random();
    const logOdds = 0.09 * (utilization - 70) + 0.0005 * (iops - 3500) + 0.0015 * (ageDays - 500);
    rows.push([utilization, iops, ageDays]);
    failed.push(random() < 1 / (1 + Math.exp(-logOdds)) ? 1 : 0);
  }
  return { rows, failed };
}
