import { describe, expect, it, onTestFinished, vi } from "vitest";
import { Cancellation } from "../../../src/base/cancellation.ts";
import { ReadinessQueue } from "../../../src/predict/limits/readiness-queue.ts";
import type { ModelState } from "../../../src/registry/readiness.ts";
import { registered } from "../../support/registered.ts";
import { until } from "../../support/until.ts";

const model = registered();

function queueFor(maxWaiting = 10) {
  const world = { ready: false, state: "not-ready" as ModelState, asked: 0, askedAtOnce: 0 };
  const queue = new ReadinessQueue({
    maxWaiting,
    ask: async () => {
      world.asked++;
      world.askedAtOnce++;
      await new Promise(setImmediate);
      world.askedAtOnce--;
      expect(world.askedAtOnce).toBe(0);
      return world.ready ? "ready" : world.state;
    },
  });
  const wait = (cancellation = new Cancellation<Error>()) => queue.wait(model, cancellation, false);
  return { queue, world, wait };
}

describe("the readiness queue of a model", () => {
  it("asks one question for all, and lets all leave together in the order they came", async () => {
    const { queue, world, wait } = queueFor();
    const left: number[] = [];
    const all = Array.from({ length: 10 }, (_, i) => wait().then(() => left.push(i)));
    expect(queue.size).toBe(10);
    await until(() => world.asked >= 2);
    expect(left).toEqual([]);
    world.ready = true;
    await Promise.all(all);
    expect(left).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(queue.size).toBe(0);
  });

  it("is limited", async () => {
    const { wait } = queueFor(2);
    const stay = new Cancellation<Error>();
    const waiting = [wait(stay), wait(stay)];
    await expect(wait()).rejects.toMatchObject({ reason: "TOO_MANY_IN_FLIGHT", retryAfterMs: 1000 });
    stay.cancel(new Error("over"));
    for (const one of waiting) await expect(one).rejects.toThrow("over");
  });

  it("can be closed, and fails those that wait", async () => {
    const { queue, wait } = queueFor();
    const waiting = [wait(), wait()];
    queue.dismiss(new Error("gone"));
    for (const one of waiting) await expect(one).rejects.toThrow("gone");
    expect(queue.size).toBe(0);
  });

  it("stops asking when the last one has left, and asks again for the next", async () => {
    const { queue, world, wait } = queueFor();
    const stay = new Cancellation<Error>();
    const waiting = wait(stay);
    await until(() => world.asked === 1);
    stay.cancel(new Error("left"));
    await expect(waiting).rejects.toThrow("left");
    expect(queue.size).toBe(0);
    await until(() => world.askedAtOnce === 0);
    world.ready = true;
    await wait();
    expect(world.asked).toBe(2);
  });

  it.each<[ModelState, number]>([
    ["not-ready", 1],
    ["unreachable", 0],
  ])("lets one try after a while where the server answers: %s", async (state, tries) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const { queue, world, wait } = queueFor();
    world.state = state;
    const left: number[] = [];
    const all = [0, 1, 2].map((i) => wait().then(() => left.push(i)));
    for (let ms = 0; ms < 1900; ms += 50) await vi.advanceTimersByTimeAsync(50);
    await new Promise(setImmediate);
    expect(left).toEqual([]);
    for (let ms = 0; ms < 10_000; ms += 50) {
      await vi.advanceTimersByTimeAsync(50);
      await new Promise(setImmediate);
    }
    expect([left.length, queue.size]).toEqual([tries, 3 - tries]);
    queue.dismiss(new Error("over"));
    await Promise.allSettled(all);
  });

  it("lets all go where the server does not know the question", async () => {
    const { world, wait } = queueFor();
    world.state = "unknown";
    await Promise.all([wait(), wait()]);
  });
});
