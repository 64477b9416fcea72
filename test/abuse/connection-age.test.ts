import { afterEach, expect, it, vi } from "vitest";
import { growOld } from "../../src/listen/connection-age.ts";
import { defaultConnectionLimits } from "../../src/listen/connection-limits.ts";

afterEach(() => vi.restoreAllMocks());

const maxConnectionAgeMs = 1_800_000;
const limits = { ...defaultConnectionLimits, maxConnectionAgeMs };
const nothing = { retire: () => {}, cut: () => {} };

it("gives many connections few ages, because Node holds memory for each", () => {
  const timers = vi.spyOn(globalThis, "setTimeout");
  for (let i = 0; i < 5000; i++) growOld(limits, nothing)();
  const ages = new Set(timers.mock.calls.map(([, ms]) => ms ?? 0));
  expect(ages.size).toBeGreaterThan(50);
  expect(ages.size).toBeLessThanOrEqual(100);
  expect(Math.min(...ages)).toBeGreaterThanOrEqual(0.9 * maxConnectionAgeMs);
  expect(Math.max(...ages)).toBeLessThanOrEqual(1.1 * maxConnectionAgeMs);
});
