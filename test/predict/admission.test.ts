import { describe, expect, it } from "vitest";
import { Cancellation } from "../../src/base/cancellation.ts";
import { Admission, type AdmissionLimits } from "../../src/predict/limits/admission.ts";
import { registered } from "../support/registered.ts";

const model = registered();
const limits: AdmissionLimits = { maxInFlight: 1, maxQueued: 2, queueTimeoutMs: 60_000 };

/** Places of which one is taken, and a way to wait for it that notes who got it. */
function takenPlaces(changed: Partial<AdmissionLimits> = {}) {
  const places = new Admission({ ...limits, ...changed });
  expect(places.tryEnter()).toBe(true);
  const entered: string[] = [];
  const wait = (who: string, patient = false, cancellation = new Cancellation<Error>()) => ({
    cancellation,
    entered: places.enterInTurn(model, cancellation, patient).then(() => entered.push(who)),
  });
  return { places, entered, wait };
}

describe("the places of a model", () => {
  it("are given to those who wait, first in, first out", async () => {
    const { places, entered, wait } = takenPlaces({ maxQueued: 3 });
    const all = ["a", "b", "c"].map((who) => wait(who).entered);
    expect([places.inFlight, places.queued]).toEqual([1, 3]);
    for (const _ of all) places.leave();
    await Promise.all(all);
    expect(entered).toEqual(["a", "b", "c"]);
    expect([places.inFlight, places.queued]).toEqual([1, 0]);
    places.leave();
    expect(places.inFlight).toBe(0);
  });

  it("are not taken by a newcomer while others wait", async () => {
    const { places, entered, wait } = takenPlaces();
    const { entered: first } = wait("a");
    places.leave();
    expect(places.tryEnter()).toBe(false);
    await first;
    expect(entered).toEqual(["a"]);
  });

  it("are refused once the line is full", async () => {
    const { wait } = takenPlaces();
    void wait("a").entered;
    void wait("b").entered;
    await expect(wait("c").entered).rejects.toMatchObject({
      reason: "TOO_MANY_IN_FLIGHT",
      retryAfterMs: 1000,
      message: expect.stringMatching(/KSERVE_MAX_IN_FLIGHT.*; 2 more wait, and 2 are allowed \(KSERVE_MAX_QUEUED\)$/),
    });
  });

  it("are refused after a while, and whoever waits next is first then", async () => {
    const { places, wait } = takenPlaces({ queueTimeoutMs: 20 });
    await expect(wait("a").entered).rejects.toMatchObject({
      reason: "TOO_MANY_IN_FLIGHT",
      retryAfterMs: 1000,
      message: expect.stringMatching(/none ended within 20ms \(KSERVE_QUEUE_TIMEOUT\)$/),
    });
    expect(places.queued).toBe(0);
    const { entered } = wait("b");
    places.leave();
    await entered;
    expect(places.inFlight).toBe(1);
  });

  it("are given up in the line by a caller that leaves", async () => {
    const { places, entered, wait } = takenPlaces();
    const a = wait("a");
    const b = wait("b");
    const left = new Error("left");
    a.cancellation.cancel(left);
    await expect(a.entered).rejects.toBe(left);
    expect(places.queued).toBe(1);
    places.leave();
    await b.entered;
    expect(entered).toEqual(["b"]);
  });

  it("are never refused to who asked to wait", async () => {
    const { places, entered, wait } = takenPlaces({ maxQueued: 0, queueTimeoutMs: 1 });
    const patient = wait("a", true).entered;
    await expect(wait("b").entered).rejects.toMatchObject({ reason: "TOO_MANY_IN_FLIGHT" });
    places.leave();
    await patient;
    expect(entered).toEqual(["a"]);
  });
});
