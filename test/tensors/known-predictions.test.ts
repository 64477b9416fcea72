import { describe, expect, it } from "vitest";
import { finishAtOnce } from "../../src/base/in-slices.ts";
import { knownAnswer } from "../../src/predict/answer-body.ts";
import { readRestMessage } from "../../src/tensors/rest/read-message.ts";
import { predictionsBody } from "../../src/tensors/rows/tensors-to-predictions.ts";
import { scanAnswer } from "../support/at-once.ts";

/** An answer of two rows over REST, with the elements of an output as JSON or, as hexadecimal digits, in a block. */
function predictionsOf(datatype: string, shape: readonly number[], data: string, others = "") {
  const block = Buffer.from(/^[0-9a-f]*$/.test(data) ? data : "", "hex");
  const elements = block.length > 0 ? `"parameters":{"binary_data_size":${block.length}}` : `"data":${data}`;
  const output = `{"name":"o","datatype":"${datatype}","shape":[${shape}],${elements}}`;
  const json = Buffer.from(`{"outputs":[${output}]${others}}`);
  const message = { form: "rest", body: Buffer.concat([json, block]), jsonBytes: json.length } as const;
  const { tensors: outputs, ...said } = finishAtOnce(readRestMessage(message, "outputs", { maxDepth: 64 }));
  return finishAtOnce(predictionsBody({ ...said, outputs }, 2, [], Number.MAX_SAFE_INTEGER));
}

const one = "000000000000f03f";
const notANumber = "000000000000f87f";
const expected = { count: 2, keys: ["predictions"], problem: undefined };

describe("of predictions that were written here", () => {
  it.each<[string, string, number[], string, string?]>([
    ["numbers", "FP64", [2], "[1.5,-2]"],
    ["numbers with exponents and white space", "FP32", [2], "[ 1e-5 , 2E+3]"],
    ["integers", "INT64", [2], "[9007199254740993,2]"],
    ["raw doubles", "FP64", [2], one + one],
    ["raw doubles in a dimension of one", "FP64", [2, 1], one + one],
    ["raw floats", "FP32", [2], "0000803f0000803f"],
    ["a version beside them", "FP64", [2], "[1,2]", ',"model_version":"v\\"2"'],
  ])("it is known what another look would find: %s", (_title, datatype, shape, data, others) => {
    const { bytes, numbers } = predictionsOf(datatype, shape, data, others);
    const { scanner: _known, ...known } = knownAnswer(bytes, numbers!, expected, 64)!;
    const { scanner: _scanned, ...scanned } = scanAnswer(bytes, expected, 64);
    expect(known).toEqual(scanned);
  });

  it.each<[string, string, number[], string, string?]>([
    ["missing numbers", "FP64", [2], "[null,2]"],
    ["bare words", "FP64", [2], "[NaN,2]"],
    ["infinity below 0", "FP64", [2], "[-Infinity,2]"],
    ["numbers that no double holds", "FP64", [2], "[1e999,2]"],
    ["raw doubles that are not numbers", "FP64", [2], one + notANumber],
    ["texts", "BYTES", [2], '["1","2"]'],
    ["booleans", "BOOL", [2], "[true,false]"],
    ["lists of numbers", "FP64", [2, 2], "[[1,2],[3,4]]"],
    ["numbers in a list of their own", "FP64", [2, 1], "[[1],[2]]"],
    ["parameters beside them", "FP64", [2], "[1,2]", ',"parameters":{"a":1}'],
  ])("nothing is known of %s", (_title, datatype, shape, data, others) => {
    const { bytes, numbers } = predictionsOf(datatype, shape, data, others);
    expect(numbers).toBeUndefined();
    expect(scanAnswer(bytes, expected, 64).count).toBe(2);
  });

  it("too few are refused in the same words", () => {
    const { bytes, numbers } = predictionsOf("FP64", [3], "[1,2,3]");
    const refused = (work: () => unknown) => expect(work).toThrow("it has 3 predictions for 2 instances");
    refused(() => knownAnswer(bytes, numbers!, expected, 64));
    refused(() => scanAnswer(bytes, expected, 64));
  });

  it("more than a text may hold are looked at, to be refused", () => {
    const list = `[${Array(4000).fill("1")}]`;
    const { bytes, numbers } = predictionsOf("FP64", [4000], list, ',"model_version":"1"');
    const limited = { ...expected, count: undefined, maxTextValues: 100 };
    expect(knownAnswer(bytes, numbers!, limited, 64)).toBeUndefined();
    expect(() => scanAnswer(bytes, limited, 64)).toThrow("more than 100 values");
  });
});
