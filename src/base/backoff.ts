/** How long to wait between attempts, in milliseconds. */
export interface BackoffLimits {
  readonly minMs: number;
  readonly maxMs: number;
}

/**
 * Exponential backoff with jitter: the delay doubles with each failure in a row, and half of it is random, so that many
 * clients that lost the same server do not all come back at once.
 */
export function backoffMs(
  failures: number,
  { minMs, maxMs }: BackoffLimits,
  random: () => number = Math.random,
): number {
  const full = Math.min(maxMs, minMs * 2 ** Math.min(failures - 1, 30));
  return full * (0.5 + random() / 2);
}
