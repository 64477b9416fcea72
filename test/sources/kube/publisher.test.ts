import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createPublisher } from "../../../src/kube/publisher.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("hands over the first change at once, and many that follow as few", () => {
  const times: number[] = [];
  const start = performance.now();
  const publisher = createPublisher(() => times.push(performance.now() - start));
  for (let i = 0; i < 1000; i++) {
    publisher.request();
    vi.advanceTimersByTime(1);
  }
  expect(times[0]).toBeLessThanOrEqual(1);
  expect(times.length).toBeGreaterThan(15);
  expect(times.length).toBeLessThan(25);
});

it("hands over the last change too", () => {
  let handedOver = 0;
  let changes = 0;
  const publisher = createPublisher(() => {
    handedOver = changes;
  });
  for (let i = 0; i < 10; i++) {
    changes++;
    publisher.request();
    vi.advanceTimersByTime(7);
  }
  vi.advanceTimersByTime(1000);
  expect(handedOver).toBe(10);
});

it("does not let a change wait for long, however long it took to hand over the one before", () => {
  const times: number[] = [];
  const publisher = createPublisher(() => {
    times.push(performance.now());
    // As a first snapshot of many models does, on a machine that has other things to do.
    vi.setSystemTime(Date.now() + 5000);
    vi.advanceTimersByTime(5000);
  });
  publisher.request();
  vi.advanceTimersByTime(1);
  publisher.request();
  vi.advanceTimersByTime(300);
  expect(times).toHaveLength(2);
});

it("hands over nothing once it is stopped", () => {
  let count = 0;
  const publisher = createPublisher(() => count++);
  publisher.request();
  publisher.stop();
  publisher.request();
  vi.advanceTimersByTime(1000);
  expect(count).toBe(0);
});
