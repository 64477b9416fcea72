import { describe, expect, it, onTestFinished } from "vitest";
import { Bulkhead, type BulkheadOptions } from "../../src/predict/limits/bulkhead.ts";
import type { ModelState } from "../../src/registry/readiness.ts";
import { testLanes } from "../support/parts.ts";
import { registered } from "../support/registered.ts";
import { until } from "../support/until.ts";

const model = registered();

/** A lane whose model is in the state that a test says, and what it was asked. */
function laneOf(options: Partial<BulkheadOptions> = {}) {
  const world = { state: "unreachable" as ModelState, checks: 0, changes: 0 };
  const lane = new Bulkhead(model.name, {
    ...testLanes,
    breakerFailures: 3,
    breakerOpenMs: 20,
    checkReadiness: async () => {
      world.checks++;
      return { state: world.state, reason: "", checkTime: new Date() };
    },
    onBreakerChange: () => world.changes++,
    ...options,
  });
  onTestFinished(() => lane.dispose(new Error("the test is over")));
  const fail = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) lane.failed(model);
    // The library counts a moment later.
    await until(() => lane.load.breaker.consecutiveFailures >= Math.min(times, 3));
  };
  return { lane, world, fail };
}

describe("the breaker of a model", () => {
  it("opens after failures in a row, and refuses calls with a time to try again", async () => {
    const { lane, world, fail } = laneOf({ breakerOpenMs: 60_000 });
    await fail(2);
    lane.assertOpenFor(model);
    await fail(1);
    await until(() => !lane.isOpenFor(model));
    expect(lane.load.breaker).toMatchObject({ state: "open", consecutiveFailures: 3 });
    expect(lane.load.breaker.nextProbe!.getTime()).toBeGreaterThan(lane.load.breaker.openSince!.getTime());
    expect(() => lane.assertOpenFor(model)).toThrow(
      expect.objectContaining({ reason: "BREAKER_OPEN", unprocessed: true, retryAfterMs: expect.any(Number) }),
    );
    expect([world.checks, world.changes]).toEqual([0, 1]);
  });

  it("counts failures in a row only: an answer starts over", async () => {
    const { lane, fail } = laneOf();
    await fail(2);
    lane.answered();
    expect(lane.load.breaker).toEqual({
      state: "closed",
      consecutiveFailures: 0,
      openSince: undefined,
      nextProbe: undefined,
    });
    await fail(2);
    expect(lane.isOpenFor(model)).toBe(true);
  });

  it("asks for readiness until the model answers, and closes then", async () => {
    const { lane, world, fail } = laneOf();
    await fail(3);
    const { openSince } = lane.load.breaker;
    await until(() => world.checks >= 2);
    expect(lane.isOpenFor(model)).toBe(false);
    expect(lane.load.breaker.openSince ?? openSince).toEqual(openSince);
    world.state = "not-ready";
    await until(() => lane.isOpenFor(model));
    expect(lane.load.breaker.state).toBe("closed");
    const { checks } = world;
    await fail(2);
    expect([lane.isOpenFor(model), world.checks]).toEqual([true, checks]);
  });

  it("is that of an address: a model that has moved is called", async () => {
    const { lane, fail } = laneOf({ breakerOpenMs: 60_000 });
    await fail(3);
    await until(() => !lane.isOpenFor(model));
    expect(lane.isOpenFor(registered({ url: "http://elsewhere.test" }))).toBe(true);
  });

  it("can be turned off", async () => {
    const { lane } = laneOf({ breakerFailures: 0 });
    for (let i = 0; i < 10; i++) lane.failed(model);
    await Promise.resolve();
    expect(lane.load.breaker.consecutiveFailures).toBe(0);
  });
});
