import { afterEach, expect, it, vi } from "vitest";
import { yieldIfBusy } from "../../src/base/yield-if-busy.ts";

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
afterEach(() => vi.restoreAllMocks());

it("asks to wait for the next turn once this one has been long, no matter what worked in it, and not before", async () => {
  await nextTurn();
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  expect(yieldIfBusy()).toBeUndefined();
  now = 1;
  expect(yieldIfBusy()).toBeUndefined();
  now = 2;
  let turned = false;
  setImmediate(() => {
    turned = true;
  });
  await yieldIfBusy();
  expect(turned).toBe(true);
  await nextTurn();
  expect(yieldIfBusy()).toBeUndefined();
});
