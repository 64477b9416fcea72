import { describe, expect, it, onTestFinished } from "vitest";
import { Bulkhead, type BulkheadOptions } from "../../../src/predict/limits/bulkhead.ts";
import type { ModelState } from "../../../src/registry/readiness.ts";
import { testBulkhead } from "../../support/parts.ts";
import { registered } from "../../support/registered.ts";
import { until } from "../../support/until.ts";

const model = registered();

/** A bulkhead whose model is in the state that a test says, and what it was asked. */
function bulkheadOf(options: Partial<BulkheadOptions> = {}) {
  const world = { state: "unreachable" as ModelState, checks: 0, changes: 0 };
  const bulkhead = new Bulkhead(model.key, {
    ...testBulkhead,
    breakerFailures: 3,
    breakerOpenMs: 20,
    checkReadiness: async () => {
      world.checks++;
      return { state: world.state, reason: "", checkTime: new Date() };
    },
    onBreakerChange: () => world.changes++,
    ...options,
  });
  onTestFinished(() => bulkhead.dispose(new Error("the test is over")));
  const fail = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) bulkhead.failed(model);
    // The library counts a moment later.
    await until(() => bulkhead.load.breaker.consecutiveFailures >= Math.min(times, 3));
  };
  return { bulkhead, world, fail };
}

describe("the breaker of a model", () => {
  it("opens after failures in a row, and refuses calls with a time to try again", async () => {
    const { bulkhead, world, fail } = bulkheadOf({ breakerOpenMs: 60_000 });
    await fail(2);
    bulkhead.assertOpenFor(model);
    await fail(1);
    await until(() => !bulkhead.isOpenFor(model));
    expect(bulkhead.load.breaker).toMatchObject({ state: "open", consecutiveFailures: 3 });
    expect(bulkhead.load.breaker.nextProbe!.getTime()).toBeGreaterThan(bulkhead.load.breaker.openSince!.getTime());
    expect(() => bulkhead.assertOpenFor(model)).toThrow(
      expect.objectContaining({ reason: "BREAKER_OPEN", unprocessed: true, retryAfterMs: expect.any(Number) }),
    );
    expect([world.checks, world.changes]).toEqual([0, 1]);
  });

  it("counts failures in a row only: an answer starts over", async () => {
    const { bulkhead, fail } = bulkheadOf();
    await fail(2);
    bulkhead.answered();
    expect(bulkhead.load.breaker).toEqual({
      state: "closed",
      consecutiveFailures: 0,
      openSince: undefined,
      nextProbe: undefined,
    });
    await fail(2);
    expect(bulkhead.isOpenFor(model)).toBe(true);
  });

  it("asks for readiness until the model answers, and closes then", async () => {
    const { bulkhead, world, fail } = bulkheadOf();
    await fail(3);
    const { openSince } = bulkhead.load.breaker;
    await until(() => world.checks >= 2);
    expect(bulkhead.isOpenFor(model)).toBe(false);
    expect(bulkhead.load.breaker.openSince ?? openSince).toEqual(openSince);
    world.state = "not-ready";
    await until(() => bulkhead.isOpenFor(model));
    expect(bulkhead.load.breaker.state).toBe("closed");
    const { checks } = world;
    await fail(2);
    expect([bulkhead.isOpenFor(model), world.checks]).toEqual([true, checks]);
  });

  it("is that of an address: a model that has moved is called", async () => {
    const { bulkhead, fail } = bulkheadOf({ breakerOpenMs: 60_000 });
    await fail(3);
    await until(() => !bulkhead.isOpenFor(model));
    expect(bulkhead.isOpenFor(registered({ url: "http://elsewhere.test" }))).toBe(true);
  });

  it("can be turned off", async () => {
    const { bulkhead } = bulkheadOf({ breakerFailures: 0 });
    for (let i = 0; i < 10; i++) bulkhead.failed(model);
    await Promise.resolve();
    expect(bulkhead.load.breaker.consecutiveFailures).toBe(0);
  });
});
