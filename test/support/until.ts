import { setTimeout as sleep } from "node:timers/promises";

/**
 * How long is waited for what comes at once on an idle machine, for a busy one takes its time. Less than the service gives heads and
 * predictions by default, so that what only their limits end does not pass for what ends by itself.
 */
export const patienceMs = 8000;

/** Waits until something is so; fails with `what` when it is not within the limit. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  what = "what is waited for happens",
  limitMs = patienceMs,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`);
    await sleep(5);
  }
}
