import { setTimeout as sleep } from "node:timers/promises";

/** How a load runs. */
export interface OpenLoop {
  readonly perSecond: number;
  readonly seconds: number;
  /** Starts the call of a number. Must not reject. */
  readonly start: (number: number) => Promise<void>;
  /** Called once a second. */
  readonly onSecond?: (second: number) => void;
}

const tickMs = 10;

/**
 * Starts calls at a fixed rate, whatever becomes of those before: as callers who know nothing of each other do. A slow
 * server does not slow the load down. Resolves when the last call has ended.
 */
export async function runOpenLoop({ perSecond, seconds, start, onSecond }: OpenLoop): Promise<void> {
  const begun = performance.now();
  const underWay = new Set<Promise<void>>();
  const total = Math.round(perSecond * seconds);
  let second = 0;
  for (let number = 0; number < total; ) {
    const elapsed = (performance.now() - begun) / 1000;
    for (; number < total && number < elapsed * perSecond; number++) {
      const call = start(number);
      underWay.add(call);
      void call.then(() => underWay.delete(call));
    }
    for (; second < Math.floor(elapsed); second++) onSecond?.(second + 1);
    await sleep(tickMs);
  }
  await Promise.all(underWay);
}
