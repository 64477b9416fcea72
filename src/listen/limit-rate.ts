/**
 * Limits how often something may happen.
 *
 * @param perSecond how often, in the long run
 * @param burst how often at once
 * @returns a function to call each time; false where it is too often
 */
export function limitRate(perSecond: number, burst: number): () => boolean {
  let left = burst;
  let countedMs = performance.now();
  return () => {
    const nowMs = performance.now();
    left = Math.min(burst, left + ((nowMs - countedMs) * perSecond) / 1000);
    countedMs = nowMs;
    if (left < 1) return false;
    left--;
    return true;
  };
}
