/** Answers of model servers that v2 callers get passed on or translated: anything at all, without a connection between. */
import { expect, it } from "vitest";
import { type InferDeps, infer } from "../../../src/api/oip/infer.ts";
import { Cancellation } from "../../../src/base/cancellation.ts";
import { finishAtOnce } from "../../../src/base/in-slices.ts";
import { everyone } from "../../../src/registry/access.ts";
import type { InferenceBytes } from "../../../src/registry/inference.ts";
import { RegistryError } from "../../../src/registry/registry-error.ts";
import { heldAsRaw } from "../../../src/tensors/elements/convert-elements.ts";
import { readGrpcMessage } from "../../../src/tensors/grpc/read-message.ts";
import { writeGrpcMessage } from "../../../src/tensors/grpc/write-message.ts";
import { readRestMessage } from "../../../src/tensors/rest/read-message.ts";
import { noParameters } from "../../../src/tensors/tensor.ts";
import { createDice, hostileGrpc, hostileRest, hostileRuns } from "../../support/hostile-inference.ts";
import { registered } from "../../support/registered.ts";

const runs = hostileRuns(4000);
const timeoutMs = 20_000 + runs * 20;

const inputs = [{ name: "x", datatype: "FP64", shape: [1], data: [1] }];
const rest = (more: object) => ({
  form: "rest" as const,
  body: Buffer.from(JSON.stringify({ inputs, ...more })),
  jsonBytes: undefined,
  version: "",
});
const { tensors } = finishAtOnce(readRestMessage(rest({}), "inputs", { maxDepth: 64 }));
const raw = tensors.map((tensor) => finishAtOnce(heldAsRaw(tensor, "x")));
const head = { id: "", modelName: "", modelVersion: "", parameters: noParameters };

const asked = [
  rest({}),
  rest({ outputs: [{ name: "a" }] }),
  rest({ parameters: { binary_data_output: true } }),
  writeGrpcMessage(head, "inputs", raw, true)(),
  writeGrpcMessage(head, "inputs", raw, false)(),
];
const models = (["v2", "grpc-v2"] as const).map((protocol) => registered({ name: "fraud", protocol }));

/** A pipeline whose model server gives one answer. */
function depsWith(answer: InferenceBytes): InferDeps {
  const pipeline = { maxJsonDepth: 64, infer: async () => ({ answer, attempts: 1 }) };
  return { pipeline, memory: undefined, maxMessageValues: 50_000 } as unknown as InferDeps;
}

it(
  `passes ${runs} hostile answers on as they can be read, or blames the server in words`,
  async () => {
    const outcomes = { answered: 0, refused: 0 };
    for (let seed = 1; seed <= runs; seed++) {
      const dice = createDice(seed);
      const request = dice.pick(asked);
      const model = dice.pick(models);
      const answer: InferenceBytes =
        model.protocol === "v2"
          ? { form: "rest", ...hostileRest(dice, "outputs") }
          : { form: "grpc", message: hostileGrpc(dice, "outputs") };
      try {
        const call = { access: everyone, caller: new Cancellation(), headers: {} } as never;
        const given = await infer(depsWith(answer), model, request, call);
        expect(given.form).toBe(request.form);
        // What was translated can be read; what was passed on is the server's.
        if (answer.form !== request.form) {
          if (given.form === "grpc") readGrpcMessage(given, "outputs")();
          else finishAtOnce(readRestMessage(given, "outputs", { maxDepth: 64 }));
        }
        outcomes.answered++;
      } catch (error) {
        const isExpected =
          error instanceof RegistryError && ["MODEL_BAD_ANSWER", "INVALID_REQUEST"].includes(error.reason);
        if (!isExpected) throw new Error(`seed ${seed}`, { cause: error });
        outcomes.refused++;
      }
    }
    expect(outcomes.answered).toBeGreaterThan(runs / 50);
    expect(outcomes.refused).toBeGreaterThan(runs / 2);
  },
  timeoutMs,
);

it("blames the server for more values over REST than are read", async () => {
  const values = Array<string>(2000).fill("[]").join(",");
  const body = Buffer.from(`{"outputs":[{"name":"a","datatype":"FP64","shape":[0],"data":[${values}]}]}`);
  const deps = depsWith({ form: "rest", body, jsonBytes: undefined });
  const pipeline = { ...deps.pipeline, maxTextValues: 1000 };
  const call = { access: everyone, caller: new Cancellation(), headers: {} } as never;
  const answered = infer({ ...deps, pipeline } as InferDeps, models[0]!, asked[0]!, call);
  await expect(answered).rejects.toMatchObject({
    reason: "MODEL_BAD_ANSWER",
    message: expect.stringContaining("more than 1000 values"),
  });
});
