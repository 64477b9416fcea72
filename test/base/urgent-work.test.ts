import { afterEach, expect, it, vi } from "vitest";
import { urgentGoesFirst, urgently } from "../../src/base/urgent-work.ts";
import { yieldIfBusy } from "../../src/base/yield-if-busy.ts";

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Ends the urgent work that has begun. */
let endAll: (() => void)[] = [];
const begin = (): void => void urgently(() => new Promise<void>((resolve) => endAll.push(resolve)));
const end = (): void => endAll.shift()?.();
afterEach(async () => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  for (const one of endAll) one();
  endAll = [];
  await nextTurn();
});

it("lets longer work go on at once where nothing urgent is under way", () => {
  expect(urgentGoesFirst(() => {})).toBe(false);
});

it("lets longer work go on in the turn after urgent work has ended", async () => {
  // On a busy machine two turns may take longer than anybody waits.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  const goOn = vi.fn();
  begin();
  begin();
  expect(urgentGoesFirst(goOn)).toBe(true);
  end();
  await nextTurn();
  await nextTurn();
  expect(goOn).not.toHaveBeenCalled();
  end();
  for (let turn = 0; turn < 3; turn++) await nextTurn();
  expect(goOn).toHaveBeenCalledOnce();
  expect(urgentGoesFirst(() => {})).toBe(false);
});

it("does not take work that fails for work under way", async () => {
  await expect(urgently(() => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
  expect(urgentGoesFirst(() => {})).toBe(false);
});

it("lets longer work go on before urgent work that takes long", () => {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  begin();
  now = 2;
  expect(urgentGoesFirst(() => {})).toBe(false);
});

it("lets longer work wait for 2 ms at most, however much urgent work begins", async () => {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const step = (): Promise<boolean> =>
    new Promise((resolve) => {
      const goOn = (): void => {
        now += 1;
        begin();
        if (!urgentGoesFirst(goOn)) resolve(true);
      };
      goOn();
    });
  expect(await step()).toBe(true);
  expect(now).toBe(3);
});

it("is what those go on after that gave way to others", async () => {
  await nextTurn();
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  yieldIfBusy();
  now = 5;
  const gone = vi.fn();
  begin();
  void yieldIfBusy()?.then(gone);
  await nextTurn();
  await nextTurn();
  expect(gone).not.toHaveBeenCalled();
  end();
  for (let turn = 0; turn < 3; turn++) await nextTurn();
  expect(gone).toHaveBeenCalledOnce();
});
