import { describe, expect, it } from "vitest";
import { Cancellation } from "../../../src/base/cancellation.ts";
import type { CallerReason } from "../../../src/predict/limits/time-limit.ts";
import type { ModelState, Readiness } from "../../../src/registry/readiness.ts";
import { createParts, testBulkhead } from "../../support/parts.ts";
import { model, namespace } from "../../support/running-service.ts";

const discovery = { kind: "discovery", name: "discovery", cluster: "" } as const;

/** A model that scales to zero and is asleep; its server is woken by the question whether it is ready. */
function startAsleep() {
  const world = { state: "unreachable" as ModelState, asked: 0, calls: 0 };
  const checkReadiness = async (): Promise<Readiness> => {
    world.asked++;
    return { state: world.state, reason: "", checkTime: new Date() };
  };
  const { registry, pipeline } = createParts({
    predict: () => {
      world.calls++;
      return '{"predictions":[1]}';
    },
    pipeline: { bulkhead: { ...testBulkhead, checkReadiness } },
  });
  const facts = { namespace, name: model, url: undefined, state: "ready", reason: "", scalesToZero: true } as const;
  registry.apply(discovery, { entries: [], refused: [], inferenceServices: [facts] });
  const predict = (waitForReady: boolean, timeoutMs?: number) =>
    pipeline.predict(registry.get(model)!, {
      body: () => Buffer.from('{"instances":[[1]]}'),
      headers: {},
      caller: new Cancellation<CallerReason>(),
      waitForReady,
      deadlineMs: timeoutMs === undefined ? undefined : performance.now() + timeoutMs,
    });
  return { world, predict };
}

describe("a model that may be asleep", () => {
  it("is woken up for a prediction that waits, and called once it answers", async () => {
    const { world, predict } = startAsleep();
    const answered = predict(true);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(world).toMatchObject({ asked: 1, calls: 0 });
    world.state = "ready";
    await answered;
    expect(world).toMatchObject({ asked: 2, calls: 1 });
  });

  it("is not asked again shortly after it has answered", async () => {
    const { world, predict } = startAsleep();
    world.state = "ready";
    for (let i = 0; i < 3; i++) await predict(true);
    expect(world).toMatchObject({ asked: 1, calls: 3 });
  });

  it("is called at once for a prediction that does not wait", async () => {
    const { world, predict } = startAsleep();
    await predict(false);
    expect(world).toMatchObject({ asked: 0, calls: 1 });
  });

  it("that does not start in time is said to be starting", async () => {
    const { predict } = startAsleep();
    await expect(predict(true, 50)).rejects.toMatchObject({
      reason: "DEADLINE_EXCEEDED",
      message: expect.stringContaining("it scales to zero, and is starting"),
    });
  });
});
