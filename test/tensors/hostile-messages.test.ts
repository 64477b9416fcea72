import { create, toBinary } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { ModelInferRequestSchema } from "../../gen/inference/grpc_service_pb.ts";
import { rowsFromTensors } from "../../src/api/oip/rows-from-tensors.ts";
import { assertElementCount } from "../../src/tensors/elements/json-elements.ts";
import { readGrpcMessage } from "../../src/tensors/grpc/read-message.ts";
import { readRestMessage } from "../../src/tensors/rest/read-message.ts";
import type { Tensor } from "../../src/tensors/tensor.ts";
import { TensorProblem } from "../../src/tensors/tensor-problem.ts";

/** `npm run fuzz:oip` reads many more. */
const runs = Number(process.env.OIP_FUZZ_RUNS ?? 4000);

const datatypes = ["BOOL", "INT8", "INT64", "UINT16", "FP16", "BF16", "FP32", "FP64", "BYTES", "fp64", ""];
const sizes = [0, 1, 2, 3, -1, 2 ** 31, 2 ** 32 + 1, 2 ** 53, 2 ** 62];
const limits = { maxElements: 800_000, tooMany: () => new TensorProblem("inputs", "too many"), hold: () => {} };

/** The same numbers in every run, so that what fails once fails again. */
function createDice(seed: number) {
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % limit;
  };
  return { below, pick: <T>(items: readonly T[]): T => items[below(items.length)]! };
}

type Dice = ReturnType<typeof createDice>;

function shapeOf(dice: Dice): number[] {
  return Array.from({ length: dice.below(4) }, () => dice.pick(sizes));
}

function hostileGrpc(dice: Dice): Uint8Array {
  const inputs = Array.from({ length: dice.below(3) }, () => ({
    name: dice.pick(["a", "b", ""]),
    datatype: dice.pick(datatypes),
    shape: shapeOf(dice).map(BigInt),
    ...(dice.below(2) === 0 ? {} : { contents: { fp64Contents: [1, 2], bytesContents: [new Uint8Array(3)] } }),
  }));
  const rawInputContents = Array.from({ length: dice.below(3) }, () =>
    new Uint8Array(dice.below(20)).fill(dice.below(256)),
  );
  const message = toBinary(ModelInferRequestSchema, create(ModelInferRequestSchema, { inputs, rawInputContents }));
  for (let i = dice.below(3); i > 0 && message.length > 0; i--) message[dice.below(message.length)] = dice.below(256);
  return dice.below(4) === 0 ? message.subarray(0, dice.below(message.length + 1)) : message;
}

function hostileRest(dice: Dice): { readonly body: Uint8Array; readonly jsonBytes: number | undefined } {
  const data = dice.pick(["[1,2]", "[[1,2]]", "[1,[2]]", "[[],[]]", "[]", "[null]", '["a"]', "[1e999]", "{}", "2"]);
  const size = dice.pick(["8", "-1", "2147483648", "99999999999999999999", '"8"', "1.5"]);
  const held = dice.below(2) === 0 ? `"data":${data}` : `"parameters":{"binary_data_size":${size}}`;
  const json = `{"inputs":[{"name":"a","datatype":"${dice.pick(datatypes)}","shape":[${shapeOf(dice)}],${held}}]}`;
  const body = Buffer.concat([Buffer.from(json), Buffer.alloc(dice.below(17))]);
  for (let i = dice.below(2); i > 0; i--) body[dice.below(body.length)] = dice.below(256);
  return { body, jsonBytes: dice.below(3) === 0 ? undefined : Math.min(body.length, json.length + dice.below(3) - 1) };
}

function readTensors(dice: Dice): readonly Tensor[] {
  if (dice.below(2) === 0) return readGrpcMessage({ form: "grpc", message: hostileGrpc(dice) }, "inputs").tensors;
  const { tensors } = readRestMessage({ form: "rest", ...hostileRest(dice) }, "inputs", 64);
  tensors.forEach((tensor, i) => {
    assertElementCount(tensor, `inputs[${i}]`, 64);
  });
  return tensors;
}

it(`refuses ${runs} hostile requests in words, or makes small rows of them`, () => {
  const outcomes = { refused: 0, taken: 0 };
  for (let seed = 1; seed <= runs; seed++) {
    try {
      const { body, instanceCount } = rowsFromTensors(readTensors(createDice(seed)), [], limits);
      expect(
        JSON.parse(
          Buffer.from(body)
            .toString()
            .replaceAll(/-?Infinity/g, "0"),
        ).instances,
      ).toHaveLength(instanceCount);
      // No claim of a size makes more of it than was sent.
      expect(body.byteLength).toBeLessThan(4096);
      outcomes.taken++;
    } catch (error) {
      if (!(error instanceof TensorProblem)) throw new Error(`seed ${seed}`, { cause: error });
      outcomes.refused++;
    }
  }
  expect(outcomes.refused).toBeGreaterThan(runs / 2);
  expect(outcomes.taken).toBeGreaterThan(0);
});
