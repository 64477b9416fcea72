import { describe, expect, it } from "vitest";
import { tensorsFromPredictions } from "../../../src/api/oip/tensors-from-predictions.ts";
import { slicesOf } from "../../../src/base/in-slices.ts";
import type { Prediction } from "../../../src/predict/pipeline.ts";
import type { Tensor } from "../../../src/tensors/tensor.ts";
import { scanAnswer } from "../../support/at-once.ts";
import { countSlices, type SlicedOutcome } from "../../support/count-slices.ts";
import { registered } from "../../support/registered.ts";

function prediction(predictions: string): Prediction {
  const answer = scanAnswer(
    Buffer.from(`{"model_version":"1","predictions":${predictions}}`),
    { count: undefined, keys: ["predictions"], problem: undefined },
    64,
  );
  return { model: registered({ name: "fraud" }), answer, attempts: 1 };
}

function tensors(predictions: string, bytesAtOnce?: number): SlicedOutcome {
  return countSlices(slicesOf(tensorsFromPredictions(prediction(predictions), bytesAtOnce)));
}

/** A tensor as people write it. */
function shown({ name, datatype, shape, data }: Tensor): string {
  return `${name} ${datatype.name} [${shape}] ${Buffer.from((data as { json: Uint8Array }).json)}`;
}

describe("predictions become tensors, in slices of any size the same", () => {
  it.each([
    ["[1,2.5,null,NaN]", ["output-0 FP64 [4] [1,2.5,null,NaN]"]],
    ["[[1,2],[3,4]]", ["output-0 FP64 [2,2] [[1,2],[3,4]]"]],
    ["[[[1],[2]],[[3],[4]]]", ["output-0 FP64 [2,2,1] [[[1],[2]],[[3],[4]]]"]],
    ["[[],[]]", ["output-0 FP64 [2,0] [[],[]]"]],
    ["[]", ["output-0 FP64 [0] []"]],
    ["0.5", ["output-0 FP64 [1] [0.5]"]],
    ["[true,false]", ["output-0 BOOL [2] [true,false]"]],
    ['["a","b"]', ['output-0 BYTES [2] ["a","b"]']],
    ["[9007199254740993,1]", ["output-0 INT64 [2] [9007199254740993,1]"]],
    ["[18446744073709551615]", ["output-0 UINT64 [1] [18446744073709551615]"]],
    ["[[-9007199254740993],[ 1 ]]", ["output-0 INT64 [2,1] [[-9007199254740993],[ 1 ]]"]],
    ["[18446744073709551615,-1]", ["output-0 FP64 [2] [18446744073709551615,-1]"]],
    ["[9007199254740993,1.5]", ["output-0 FP64 [2] [9007199254740993,1.5]"]],
    ["[1e3,9007199254740993]", ["output-0 FP64 [2] [1e3,9007199254740993]"]],
    ["[1E3,9007199254740993]", ["output-0 FP64 [2] [1E3,9007199254740993]"]],
    ["[9007199254740993,null]", ["output-0 FP64 [2] [9007199254740993,null]"]],
    ["[9007199254740993,-Infinity]", ["output-0 FP64 [2] [9007199254740993,-Infinity]"]],
    ['[{"a":1,"b":[1,2]},{"b":[3,4],"a":2}]', ["a FP64 [2] [1,2]", "b FP64 [2,2] [[1,2],[3,4]]"]],
    ['{"a":1,"b":"x"}', ["a FP64 [1] [1]", 'b BYTES [1] ["x"]']],
    ['[{"a":[1,"x"]},{"a":{}}]', ['a BYTES [2] ["[1,\\"x\\"]","{}"]']],
    ["[[1],[2,3]]", ['output-0 BYTES [2] ["[1]","[2,3]"]']],
    ["[[[1,2]],[[3],4]]", ['output-0 BYTES [2] ["[[1,2]]","[[3],4]"]']],
    ['[1,"a"]', ['output-0 BYTES [2] ["1","\\"a\\""]']],
    ['[{"a":1},{"b":1}]', ['output-0 BYTES [2] ["{\\"a\\":1}","{\\"b\\":1}"]']],
    ['[{"a":1,"a":2}]', ['output-0 BYTES [1] ["{\\"a\\":1,\\"a\\":2}"]']],
    ["[{},{}]", ['output-0 BYTES [2] ["{}","{}"]']],
  ])("%s", (predictions, expected) => {
    for (const bytesAtOnce of [Number.POSITIVE_INFINITY, 1, 2, 5, 16, undefined]) {
      expect((tensors(predictions, bytesAtOnce).found as Tensor[]).map(shown)).toEqual(expected);
    }
  });

  it("refuses a null that has no place", () => {
    for (const bytesAtOnce of [1, 7, undefined]) {
      expect(tensors('["a",null]', bytesAtOnce).found).toMatchObject({ reason: "PREDICTIONS_NOT_A_TENSOR" });
    }
  });
});

describe("many predictions take more than one turn", () => {
  const listOf = (item: string): string => `[${`${item},`.repeat(20_000)}${item}]`;

  it.each([
    ["numbers", listOf("1.25")],
    ["integers of many digits", listOf("9007199254740993")],
    ["rows", listOf("[1]")],
    ["one row", `[${listOf("1")}]`],
    ["rows with a null", listOf("[1,null]")],
    ["records", listOf('{"a":1,"b":true}')],
    ["records with lists", listOf('{"a":[1,[2,"x"]]}')],
    ["several kinds", listOf('1,"a"')],
  ])("%s", (_title, predictions) => {
    const { found, slices } = tensors(predictions);
    expect(slices).toBeGreaterThan(4);
    const whole = tensors(predictions, Number.POSITIVE_INFINITY).found as Tensor[];
    expect((found as Tensor[]).map(shown).join() === whole.map(shown).join()).toBe(true);
  });

  it("few do not", () => {
    expect(tensors("[[1,2],[3,4]]").slices).toBe(1);
    expect(tensors('[{"a":1,"b":"x"}]').slices).toBe(1);
  });
});
