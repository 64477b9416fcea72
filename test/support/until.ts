import { setTimeout as sleep } from "node:timers/promises";

/** Waits until something is so; fails with `what` when it is not within the limit. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  what = "what is waited for happens",
  limitMs = 5000,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`);
    await sleep(5);
  }
}
