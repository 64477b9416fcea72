import { describe, expect, test } from "vitest";
import { compare, comparisonTable } from "../../demo/comparison.ts";
import type { Protocol } from "../../demo/protocols.ts";

const questions = [
  { model: "anomaly-detector", instances: [[0.5, 1.2, 0.8]], expected: [1] },
  { model: "predictive-analytics", instances: [[1, 2, 3]], expected: [[4, 5, 6]] },
];
const right: Protocol = {
  name: "gRPC",
  predict: async (model) => questions.find((question) => question.model === model)!.expected,
};
const wrong: Protocol = { name: "REST", predict: async () => [1] };
const broken: Protocol = {
  name: "gRPC-Web",
  predict: async () => {
    throw new Error("[unavailable] connection refused");
  },
};

describe("comparing protocols", () => {
  test("accepts a protocol that answers what the model predicts", async () => {
    const [row] = await compare([right], questions);
    expect(row!.map(({ problem }) => problem)).toEqual([undefined, undefined]);
    expect(row!.every(({ medianMs }) => medianMs >= 0)).toBe(true);
  });

  test("reports a protocol with another answer, and one that fails, and continues", async () => {
    const outcomes = await compare([wrong, broken, right], questions);
    expect(outcomes.map((row) => row[1]!.problem)).toEqual([
      "answered [1], not [[4,5,6]]",
      "[unavailable] connection refused",
      undefined,
    ]);
  });
});

describe("the table", () => {
  const outcomes = [
    [
      { medianMs: 1.234, problem: undefined },
      { medianMs: 0.5, problem: undefined },
    ],
    [
      { medianMs: 0.9, problem: undefined },
      { medianMs: 0, problem: "answered [1], not [[4,5,6]]" },
    ],
  ];

  test("has a column per model, a row per protocol, and the problems in words below", () => {
    expect(comparisonTable([right, wrong], questions, outcomes, false).split("\n")).toEqual([
      "             anomaly-detector  predictive-analytics",
      "instances    [[0.5,1.2,0.8]]   [[1,2,3]]",
      "predictions  [1]               [[4,5,6]]",
      "gRPC         ok 1.2 ms         ok 0.5 ms",
      "REST         ok 0.9 ms         FAILED",
      "",
      "predictive-analytics by REST: answered [1], not [[4,5,6]]",
    ]);
  });

  test("is aligned the same in colour", () => {
    const plain = comparisonTable([right, wrong], questions, outcomes, false);
    const coloured = comparisonTable([right, wrong], questions, outcomes, true);
    expect(coloured).toContain("\u001b[32mok\u001b[39m 1.2 ms");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
    expect(coloured.replaceAll(/\u001b\[\d+m/g, "")).toBe(plain);
  });
});
