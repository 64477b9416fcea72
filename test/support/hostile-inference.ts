import { create, toBinary } from "@bufbuild/protobuf";
import { ModelInferRequestSchema, ModelInferResponseSchema } from "../../gen/inference/grpc_service_pb.ts";

/** How many hostile messages a test makes of each kind; `npm run fuzz:oip` makes many more. */
export function hostileRuns(usual: number): number {
  return Number(process.env.OIP_FUZZ_RUNS ?? usual);
}

const datatypes = ["BOOL", "INT8", "INT64", "UINT16", "FP16", "BF16", "FP32", "FP64", "BYTES", "fp64", ""];
const sizes = [0, 1, 2, 3, -1, 2 ** 31, 2 ** 32 + 1, 2 ** 53, 2 ** 62];

/** Choices that are the same in every run, so that what fails once fails again. */
export function createDice(seed: number) {
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % limit;
  };
  return { below, pick: <T>(items: readonly T[]): T => items[below(items.length)]! };
}

export type Dice = ReturnType<typeof createDice>;

function shapeOf(dice: Dice): number[] {
  return Array.from({ length: dice.below(4) }, () => dice.pick(sizes));
}

/** A request (`inputs`) or an answer (`outputs`) over gRPC that may be right, may contradict itself, or may be broken. */
export function hostileGrpc(dice: Dice, key: "inputs" | "outputs" = "inputs"): Uint8Array {
  const tensors = Array.from({ length: dice.below(3) }, () => ({
    name: dice.pick(["a", "b", ""]),
    datatype: dice.pick(datatypes),
    shape: shapeOf(dice).map(BigInt),
    ...(dice.below(2) === 0 ? {} : { contents: { fp64Contents: [1, 2], bytesContents: [new Uint8Array(3)] } }),
  }));
  const raw = Array.from({ length: dice.below(3) }, () => new Uint8Array(dice.below(20)).fill(dice.below(256)));
  const message =
    key === "inputs"
      ? toBinary(ModelInferRequestSchema, create(ModelInferRequestSchema, { inputs: tensors, rawInputContents: raw }))
      : toBinary(
          ModelInferResponseSchema,
          create(ModelInferResponseSchema, { outputs: tensors, rawOutputContents: raw }),
        );
  for (let i = dice.below(3); i > 0 && message.length > 0; i--) message[dice.below(message.length)] = dice.below(256);
  return dice.below(4) === 0 ? message.subarray(0, dice.below(message.length + 1)) : message;
}

/** The same over REST. */
export function hostileRest(
  dice: Dice,
  key: "inputs" | "outputs" = "inputs",
): { readonly body: Uint8Array; readonly jsonBytes: number | undefined } {
  const data = dice.pick(["[1,2]", "[[1,2]]", "[1,[2]]", "[[],[]]", "[]", "[null]", '["a"]', "[1e999]", "{}", "2"]);
  const size = dice.pick(["8", "-1", "2147483648", "99999999999999999999", '"8"', "1.5"]);
  const held = dice.below(2) === 0 ? `"data":${data}` : `"parameters":{"binary_data_size":${size}}`;
  const json = `{"${key}":[{"name":"a","datatype":"${dice.pick(datatypes)}","shape":[${shapeOf(dice)}],${held}}]}`;
  const body = Buffer.concat([Buffer.from(json), Buffer.alloc(dice.below(17))]);
  for (let i = dice.below(2); i > 0; i--) body[dice.below(body.length)] = dice.below(256);
  return { body, jsonBytes: dice.below(3) === 0 ? undefined : Math.min(body.length, json.length + dice.below(3) - 1) };
}
