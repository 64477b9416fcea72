import { expect, it } from "vitest";
import { Cancellation } from "../../../src/base/cancellation.ts";
import type { CallerReason } from "../../../src/predict/limits/time-limit.ts";
import { createParts, testBulkhead } from "../../support/parts.ts";
import { model } from "../../support/running-service.ts";
import { until } from "../../support/until.ts";

it("a prediction that waits for a model fails when the model is removed", async () => {
  const checkReadiness = async () => ({ state: "not-ready" as const, reason: "loading", checkTime: new Date() });
  const { registry, pipeline, apply, setState } = createParts({
    pipeline: { bulkhead: { ...testBulkhead, checkReadiness } },
  });
  setState(model, "not-ready");
  const waiting = pipeline.predict(registry.get(model)!, {
    body: () => Buffer.from('{"instances":[[1]]}'),
    headers: {},
    caller: new Cancellation<CallerReason>(),
    waitForReady: true,
  });
  const failed = expect(waiting).rejects.toMatchObject({ reason: "MODEL_NOT_FOUND", metadata: { model } });
  await until(() => pipeline.load(registry.get(model)!.key).waiting === 1);
  apply([]);
  await failed;
});
