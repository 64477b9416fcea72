import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { waitedSoFar, watchCoreWait } from "../../measure/core-wait.ts";

const waited = vi.hoisted(() => ({ ms: 0 }));
vi.mock("node:fs", () => ({ readFileSync: () => `0 ${waited.ms * 1e6} 0` }));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("counts what processes waited side by side once, and spreads it evenly where asked", () => {
  const wait = watchCoreWait([1, 2]);
  const start = performance.now();
  // At the second look each says that it has waited for all the time since the first.
  for (const ms of [0, 20, 20]) {
    waited.ms = ms;
    vi.advanceTimersByTime(20);
  }
  expect(wait.between(start, start + 60)).toBe(20);
  expect(wait.between(start + 25, start + 30)).toBe(20);
  expect(wait.spreadBetween(start + 25, start + 30)).toBe(5);
  wait.stop();
});

it("adds up what processes have waited so far", () => {
  waited.ms = 1.5;
  expect(waitedSoFar([1, 2])).toBe(3);
});
