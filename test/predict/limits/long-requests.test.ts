import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { infer } from "../../../src/api/oip/infer.ts";
import { Cancellation } from "../../../src/base/cancellation.ts";
import type { CallerReason } from "../../../src/predict/limits/time-limit.ts";
import type { UpstreamCall } from "../../../src/registry/ports.ts";
import { createParts } from "../../support/parts.ts";
import { model } from "../../support/running-service.ts";

const long = `[${"[1,null],".repeat(50_000)}[1,null]]`;

function start() {
  const calls: UpstreamCall[] = [];
  const parts = createParts({
    predict: (call) => {
      calls.push(call);
      return '{"predictions":[1]}';
    },
  });
  const caller = new Cancellation<CallerReason>();
  return { ...parts, calls, caller, registered: parts.registry.get(model)! };
}

it("a caller that leaves while its request is checked ends that, and its model is not called", async () => {
  const { pipeline, registered, caller, calls } = start();
  const body = () => Buffer.from(`{"instances":${long}}`);
  const predicting = pipeline.predict(registered, { body, headers: {}, caller });
  caller.cancel("CALLER_LEFT");
  await expect(predicting).rejects.toMatchObject({ reason: "CALLER_LEFT" });
  expect(calls).toEqual([]);
});

it("a caller that leaves while its tensors are read ends that, too", async () => {
  const { pipeline, registered, caller, calls } = start();
  const text = `{"inputs":[{"name":"a","datatype":"FP64","shape":[50001,2],"data":${long}}]}`;
  const asked = { form: "rest", body: Buffer.from(text), jsonBytes: undefined, version: "" } as const;
  const deps = { pipeline, memory: undefined, maxMessageValues: 1_000_000 };
  const inferring = infer(deps, registered, asked, { headers: {}, caller });
  caller.cancel("CALLER_LEFT");
  await expect(inferring).rejects.toMatchObject({ reason: "CALLER_LEFT" });
  expect(calls).toEqual([]);
});

it("the deadline towards the model is that of the caller, however long its request takes before", async () => {
  const { pipeline, registered, caller, calls } = start();
  const deadlineMs = performance.now() + 2000;
  const body = async () => {
    await sleep(50);
    return { body: Buffer.from('{"instances":[[1]]}'), instanceCount: 1 };
  };
  await pipeline.predict(registered, { body, headers: {}, caller, deadlineMs });
  expect(calls[0]!.deadlineMs).toBeCloseTo(deadlineMs, 3);
});
