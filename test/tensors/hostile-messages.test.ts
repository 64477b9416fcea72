import { expect, it } from "vitest";
import { rowsFromTensors } from "../../src/api/oip/rows-from-tensors.ts";
import { finishAtOnce, type Slices, slicesOf } from "../../src/base/in-slices.ts";
import { assertElementCount } from "../../src/tensors/elements/json-elements.ts";
import { readGrpcMessage } from "../../src/tensors/grpc/read-message.ts";
import { readRestMessage } from "../../src/tensors/rest/read-message.ts";
import type { Tensor } from "../../src/tensors/tensor.ts";
import { TensorProblem } from "../../src/tensors/tensor-problem.ts";
import { createDice, type Dice, hostileGrpc, hostileRest, hostileRuns } from "../support/hostile-inference.ts";

const runs = hostileRuns(4000);
const timeoutMs = 20_000 + runs * 20;
const limits = { maxElements: 800_000, tooMany: () => new TensorProblem("inputs", "too many"), hold: () => {} };

function* readTensors(dice: Dice, bytesAtOnce?: number): Slices<readonly Tensor[]> {
  if (dice.below(2) === 0) {
    return (yield* slicesOf(readGrpcMessage({ form: "grpc", message: hostileGrpc(dice) }, "inputs"))).tensors;
  }
  const inference = { form: "rest", ...hostileRest(dice) } as const;
  const { tensors } = yield* readRestMessage(inference, "inputs", { maxDepth: 64 }, bytesAtOnce);
  for (const [i, tensor] of tensors.entries()) yield* assertElementCount(tensor, `inputs[${i}]`, 64, bytesAtOnce);
  return tensors;
}

/** What comes of reading, or why nothing does. */
function outcome(reading: Slices<unknown>): unknown {
  try {
    return finishAtOnce(reading);
  } catch (error) {
    return error;
  }
}

it(
  `reads ${runs} hostile requests in slices of a few bytes as it does at once`,
  () => {
    for (let seed = 1; seed <= runs; seed++) {
      const inSlices = outcome(readTensors(createDice(seed), 1 + (seed % 9)));
      expect(inSlices, `seed ${seed}`).toEqual(outcome(readTensors(createDice(seed))));
    }
  },
  timeoutMs,
);

it(
  `refuses ${runs} hostile requests in words, or makes small rows of them`,
  () => {
    const outcomes = { refused: 0, taken: 0 };
    for (let seed = 1; seed <= runs; seed++) {
      try {
        const { body, instanceCount } = finishAtOnce(
          rowsFromTensors(finishAtOnce(readTensors(createDice(seed))), [], limits),
        );
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
  },
  timeoutMs,
);
