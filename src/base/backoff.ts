/** How long to wait between attempts, in milliseconds. */
export interface BackoffLimits {
  readonly minMs: number;
  readonly maxMs: number;
}

/**
 * How long to wait after so many failures in a row: twice as long each time, and anything from half of that to all of
 * it, so that many clients that lost the same server do not come back at once.
 */
export function backoffMs(
  failures: number,
  { minMs, maxMs }: BackoffLimits,
  random: () => number = Math.random,
): number {
  const full = Math.min(maxMs, minMs * 2 ** Math.min(failures - 1, 30));
  return full * (0.5 + random() / 2);
}
