import { afterEach, expect, it, vi } from "vitest";
import { afterUrgentWork, urgently } from "../../src/base/urgent-work.ts";
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

/** Whether a step goes on at once. */
function goesOn(): boolean {
  const step = vi.fn();
  afterUrgentWork(step)();
  return step.mock.calls.length > 0;
}

it("lets longer work go on at once where nothing urgent is under way", () => {
  expect(goesOn()).toBe(true);
});

it("lets all longer work go on in the turn after urgent work has ended", async () => {
  // On a busy machine two turns may take longer than anybody waits.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  const steps = [vi.fn(), vi.fn()];
  begin();
  begin();
  for (const step of steps) afterUrgentWork(step)();
  end();
  await nextTurn();
  await nextTurn();
  for (const step of steps) expect(step).not.toHaveBeenCalled();
  end();
  for (let turn = 0; turn < 3; turn++) await nextTurn();
  for (const step of steps) expect(step).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(10);
  for (const step of steps) expect(step).toHaveBeenCalledOnce();
  expect(goesOn()).toBe(true);
});

it("does not take work that fails for work under way", async () => {
  await expect(urgently(() => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
  expect(goesOn()).toBe(true);
});

it("lets longer work go on before urgent work that takes long", () => {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  begin();
  now = 2;
  expect(goesOn()).toBe(true);
});

it("lets a step wait for 2 ms at most, however much urgent work begins, and the next one as long again", () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  const step = vi.fn();
  const goOn = afterUrgentWork(step);
  const busyFor = (ms: number): void => {
    for (let i = 0; i < ms; i++) {
      begin();
      vi.advanceTimersByTime(1);
    }
  };
  begin();
  goOn();
  busyFor(1);
  expect(step).not.toHaveBeenCalled();
  busyFor(1);
  expect(step).toHaveBeenCalledOnce();
  begin();
  goOn();
  busyFor(1);
  expect(step).toHaveBeenCalledOnce();
  busyFor(1);
  expect(step).toHaveBeenCalledTimes(2);
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
