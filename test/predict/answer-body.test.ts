import { describe, expect, it } from "vitest";
import { BadAnswer, scanAnswerInSlices } from "../../src/predict/answer-body.ts";
import { predictionCheckOf } from "../../src/predict/output-format.ts";
import type { ModelEntry } from "../../src/registry/model.ts";
import { scanAnswer } from "../support/at-once.ts";

function scan(text: string, instances: number) {
  const bytes = Buffer.from(text);
  const { predictions, count, others } = scanAnswer(
    bytes,
    { count: instances, keys: ["predictions"], problem: undefined },
    64,
  );
  return {
    predictions: bytes.subarray(predictions.start, predictions.end).toString(),
    count,
    others: [...others.keys()],
  };
}

describe("scanAnswer", () => {
  it.each([
    ['{"predictions":[1,-1]}', 2, { predictions: "[1,-1]", count: 2, others: [] }],
    ['{"predictions":[NaN,-Infinity]}', 2, { predictions: "[NaN,-Infinity]", count: 2, others: [] }],
    [
      '{"model_name":"m","predictions":[[1.5],[2]],"model_version":"v2"}',
      2,
      { predictions: "[[1.5],[2]]", count: 2, others: ["model_name", "model_version"] },
    ],
    ['{"predictions":{"a":[1]}}', 3, { predictions: '{"a":[1]}', count: undefined, others: [] }],
    ['{"predictions":[9007199254740993]}', 1, { predictions: "[9007199254740993]", count: 1, others: [] }],
  ])("finds the predictions in %s", (text, instances, expected) => {
    expect(scan(text, instances)).toEqual(expected);
  });

  it.each([
    ["<html>", "it is not JSON"],
    ["", "it is not JSON"],
    ["[1]", "it is not a JSON object"],
    ["null", "it is not a JSON object"],
    ["{}", "it has no predictions"],
    ['{"outputs":[1]}', "it has no predictions"],
    ['{"message":"{}","batchId":"","predictions":null}', "its predictions are null"],
    ['{"predictions":[1]}', "it has 1 prediction for 2 instances"],
    ['{"predictions":[1,2,3]}', "it has 3 predictions for 2 instances"],
    ['{"predictions":[1,2]} x', "it is not JSON"],
  ])("refuses %s", (text, why) => {
    expect(() => scan(text, 2)).toThrow(BadAnswer);
    expect(() => scan(text, 2)).toThrow(why);
  });
});

it.each(["predictions", "outputs"])("knows how deep an answer with %s is nested", (key) => {
  const bytes = Buffer.from(`{"${key}":[[[[{"a":[]}]]]]}`);
  const expected = { count: 1, keys: ["predictions", "outputs"], problem: undefined };
  expect(scanAnswer(bytes, expected, 64).scanner.deepest).toBe(6);
});

it("refuses an answer of more values than it may have, rows of numbers aside", () => {
  const scanned = (item: string) => {
    const bytes = Buffer.from(`{"predictions":[${Array<string>(100).fill(item).join(",")}]}`);
    return scanAnswer(bytes, { count: 100, keys: ["predictions"], problem: undefined, maxTextValues: 50 }, 64).count;
  };
  expect(scanned("[1,2,3]")).toBe(100);
  expect(scanned("0.5")).toBe(100);
  expect(() => scanned('{"a":1}')).toThrow("it has more than 50 values besides rows of numbers");
});

describe("in slices", () => {
  const shaped = predictionCheckOf({ outputFormat: { shape: [2, 2] } } as unknown as ModelEntry);
  const texts = [
    '{"predictions":[1,-1]}',
    '{"model_name":"m","predictions":[[1.5],[2]],"more":{"a":[[],[1,{"b":"c"}]]}}',
    '{"predictions":[[[1,2],[3,4]],[[5,6],[7,8]]]}',
    '{"predictions":[[[1,2],[3,4]],[[5,6],[7]]]}',
    '{"outputs":[NaN,[1]]}',
    '{"predictions":{"a":[1]}}',
    '[[1,[2,3]],{"a":[]}]',
    '{"predictions":[1,2] x',
    '{"predictions":[1,2]} x',
    '{"predictions":[1,2,3]}',
  ];
  const problems = [
    ["of which nothing is declared", undefined],
    ["of a declared shape", shaped],
  ] as const;
  const cases = problems.flatMap(([title, problem]) => texts.map((text) => [text, title, problem] as const));

  it.each(cases)(
    "finds in %s, %s, what it finds at once, and reads it again as a whole",
    async (text, _title, problem) => {
      const bytes = Buffer.from(text);
      const expected = { count: 2, keys: ["predictions", "outputs"], problem };
      const outcome = async (scan: () => ReturnType<typeof scanAnswerInSlices>) => {
        try {
          const { scanner, ...found } = await scan();
          return { ...found, end: scanner.value(found.predictions.start, 1), deepest: scanner.deepest };
        } catch (error) {
          return { error };
        }
      };
      const atOnce = await outcome(() => scanAnswer(bytes, expected, 64));
      for (const size of [1, 3, 8]) {
        expect(await outcome(() => scanAnswerInSlices(bytes, expected, 64, size))).toEqual(atOnce);
      }
    },
  );
});
