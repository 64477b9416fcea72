import { describe, expect, it } from "vitest";
import { Cancellation } from "../../../src/base/cancellation.ts";
import { type SlotLimits, Slots } from "../../../src/predict/limits/slots.ts";
import { registered } from "../../support/registered.ts";

const model = registered();
const limits: SlotLimits = { maxInFlight: 1, maxQueued: 2, queueTimeoutMs: 60_000 };

/** Slots of which one is taken, and a way to wait for it that notes who got it. */
function takenSlots(changed: Partial<SlotLimits> = {}) {
  const slots = new Slots({ ...limits, ...changed });
  expect(slots.tryEnter()).toBe(true);
  const entered: string[] = [];
  const wait = (who: string, unbounded = false, cancellation = new Cancellation<Error>()) => ({
    cancellation,
    entered: slots.enterInTurn(model, cancellation, unbounded).then(() => entered.push(who)),
  });
  return { slots, entered, wait };
}

describe("the slots of a model", () => {
  it("are given to those who wait, first in, first out", async () => {
    const { slots, entered, wait } = takenSlots({ maxQueued: 3 });
    const all = ["a", "b", "c"].map((who) => wait(who).entered);
    expect([slots.inFlight, slots.queued]).toEqual([1, 3]);
    for (const _ of all) slots.leave();
    await Promise.all(all);
    expect(entered).toEqual(["a", "b", "c"]);
    expect([slots.inFlight, slots.queued]).toEqual([1, 0]);
    slots.leave();
    expect(slots.inFlight).toBe(0);
  });

  it("are not taken by a newcomer while others wait", async () => {
    const { slots, entered, wait } = takenSlots();
    const { entered: first } = wait("a");
    slots.leave();
    expect(slots.tryEnter()).toBe(false);
    await first;
    expect(entered).toEqual(["a"]);
  });

  it("are refused once the queue is full", async () => {
    const { slots, wait } = takenSlots();
    const queued = ["a", "b"].map((who) => wait(who).entered);
    await expect(wait("c").entered).rejects.toMatchObject({
      reason: "TOO_MANY_IN_FLIGHT",
      retryAfterMs: 1000,
      message: expect.stringMatching(
        /KSERVE_MAX_IN_FLIGHT.*; 2 more are queued, and 2 are allowed \(KSERVE_MAX_QUEUED\)$/,
      ),
    });
    for (const _ of queued) slots.leave();
    await Promise.all(queued);
  });

  it("are refused after a while, and the next in the queue is first then", async () => {
    const { slots, wait } = takenSlots({ queueTimeoutMs: 20 });
    await expect(wait("a").entered).rejects.toMatchObject({
      reason: "TOO_MANY_IN_FLIGHT",
      retryAfterMs: 1000,
      message: expect.stringMatching(/none ended within 20ms \(KSERVE_QUEUE_TIMEOUT\)$/),
    });
    expect(slots.queued).toBe(0);
    const { entered } = wait("b");
    slots.leave();
    await entered;
    expect(slots.inFlight).toBe(1);
  });

  it("are given up in the queue by a caller that leaves", async () => {
    const { slots, entered, wait } = takenSlots();
    const a = wait("a");
    const b = wait("b");
    const left = new Error("left");
    a.cancellation.cancel(left);
    await expect(a.entered).rejects.toBe(left);
    expect(slots.queued).toBe(1);
    slots.leave();
    await b.entered;
    expect(entered).toEqual(["b"]);
  });

  it("are never refused to who asked to wait", async () => {
    const { slots, entered, wait } = takenSlots({ maxQueued: 0, queueTimeoutMs: 1 });
    const unbounded = wait("a", true).entered;
    await expect(wait("b").entered).rejects.toMatchObject({ reason: "TOO_MANY_IN_FLIGHT" });
    slots.leave();
    await unbounded;
    expect(entered).toEqual(["a"]);
  });
});
