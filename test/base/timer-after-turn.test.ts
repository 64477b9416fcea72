import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { TimerAfterTurn } from "../../src/base/timer-after-turn.ts";

afterEach(() => vi.restoreAllMocks());

describe("a timer that is set after the turn", () => {
  it("fires once, after its delay", async () => {
    const onTime = vi.fn();
    const beganMs = performance.now();
    const fired = new Promise<number>((resolve) => {
      new TimerAfterTurn(() => {
        onTime();
        resolve(performance.now() - beganMs);
      }, 20);
    });
    expect(await fired).toBeGreaterThanOrEqual(19);
    await pause(50);
    expect(onTime).toHaveBeenCalledOnce();
  });

  it.each([
    ["in its turn", async () => {}],
    ["in a later turn", async () => nextTurn()],
  ])("does not fire when it is cleared %s", async (_, wait) => {
    const onTime = vi.fn();
    const timer = new TimerAfterTurn(onTime, 1);
    await wait();
    timer.clear();
    await pause(20);
    expect(onTime).not.toHaveBeenCalled();
  });

  it("is none of Node's while its turn lasts, nor later where it has been cleared", async () => {
    const setTimeout = vi.spyOn(globalThis, "setTimeout");
    const timers = [1, 2].map(() => new TimerAfterTurn(() => {}, 1000));
    timers[0]!.clear();
    expect(setTimeout).not.toHaveBeenCalled();
    await nextTurn();
    expect(setTimeout).toHaveBeenCalledOnce();
    timers[1]!.clear();
  });

  it("never fires after an infinite delay", async () => {
    const setTimeout = vi.spyOn(globalThis, "setTimeout");
    new TimerAfterTurn(() => {}, Number.POSITIVE_INFINITY);
    await nextTurn();
    expect(setTimeout).not.toHaveBeenCalled();
  });
});
