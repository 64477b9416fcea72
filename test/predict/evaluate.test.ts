import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/predict/evaluate.ts";
import { predictionCheckOf } from "../../src/predict/output-format.ts";
import type { RegisteredModel } from "../../src/registry/model.ts";
import { parseModelEntry } from "../../src/registry/model-entry.ts";
import { modelKey } from "../../src/registry/model-key.ts";
import { RegistryError } from "../../src/registry/registry-error.ts";
import { scanAnswer } from "../support/at-once.ts";

function modelWith(outputFormat: object | undefined): RegisteredModel {
  const remediationActions = [{ type: "alert", severity: "warning" }];
  const { entry, problems } = parseModelEntry(
    { name: "m", service: "m", type: "anomaly", outputFormat, remediationActions },
    "ns",
  );
  if (entry === undefined) throw new Error(JSON.stringify(problems));
  return {
    ...entry,
    source: "environment",
    location: "T",
    key: modelKey("m", "ns"),
    holdsName: true,
    cluster: "",
    tenant: undefined,
    updateTime: new Date(0),
    address: { url: "http://m", rule: "url-format" },
    protocol: "v1",
    shadowed: [],
  };
}

function judge(outputFormat: object | undefined, predictions: string, instanceCount: number) {
  const model = modelWith(outputFormat);
  const bytes = Buffer.from(`{"predictions":${predictions}}`);
  const answer = scanAnswer(
    bytes,
    { count: instanceCount, keys: ["predictions"], problem: predictionCheckOf(model) },
    64,
  );
  const { scanner, verdicts } = evaluate({ model, answer, attempts: 1 });
  const text = ({ start, end }: { start: number; end: number }) =>
    Buffer.from(scanner.bytes.subarray(start, end)).toString();
  return verdicts.map((verdict) => ({
    value: text(verdict.value),
    crossed: verdict.thresholdCrossed,
    ...(verdict.label === undefined ? {} : { label: verdict.label }),
    advice: verdict.remediationActions.length,
  }));
}

describe("a verdict", () => {
  it.each<[string, object | undefined, string, number, object[]]>([
    [
      "of a model that declares nothing is the prediction itself",
      undefined,
      "[5]",
      1,
      [{ value: "5", crossed: false, advice: 0 }],
    ],
    [
      "finds the value at a key, and advises where the threshold is crossed",
      { field: "failure_probability", threshold: 0.7 },
      '[{"failure_probability":0.7},{"failure_probability":0.69}]',
      2,
      [
        { value: "0.7", crossed: true, advice: 1 },
        { value: "0.69", crossed: false, advice: 0 },
      ],
    ],
    [
      "finds the value on a path",
      { field: "scores.1", threshold: 1 },
      '[{"scores":[0,5]}]',
      1,
      [{ value: "5", crossed: true, advice: 1 }],
    ],
    ["finds the value at an index", { field: "1" }, "[[1,2]]", 1, [{ value: "2", crossed: false, advice: 0 }]],
    [
      "names the label of a number however it is written",
      { labels: { "-1": "anomaly", "1": "normal" } },
      "[-1.0,1]",
      2,
      [
        { value: "-1.0", crossed: false, label: "anomaly", advice: 0 },
        { value: "1", crossed: false, label: "normal", advice: 0 },
      ],
    ],
    [
      "names the label of a number whose key is written in another way",
      { labels: { "-1.0": "anomaly", "1e0": "normal", "0.50": "half" } },
      "[-1,1.0,5e-1]",
      3,
      [
        { value: "-1", crossed: false, label: "anomaly", advice: 0 },
        { value: "1.0", crossed: false, label: "normal", advice: 0 },
        { value: "5e-1", crossed: false, label: "half", advice: 0 },
      ],
    ],
    [
      "names the label of a number beyond 2^53 by its digits",
      { labels: { "9007199254740992": "even", "9007199254740993": "odd" } },
      "[9007199254740993,9007199254740992]",
      2,
      [
        { value: "9007199254740993", crossed: false, label: "odd", advice: 0 },
        { value: "9007199254740992", crossed: false, label: "even", advice: 0 },
      ],
    ],
    [
      "finds a key with dots in it, before a path",
      { field: "probability(1.0)" },
      '[{"probability(1.0)":0.7,"probability(1":{"0)":5}},{"probability(1":{"0)":5}}]',
      2,
      [
        { value: "0.7", crossed: false, advice: 0 },
        { value: "5", crossed: false, advice: 0 },
      ],
    ],
    [
      "finds a key with dots in it on a path",
      { field: "scores.v1.0.1" },
      '[{"scores":{"v1.0":[1,2]}},{"scores.v1":{"0":[3,4]}}]',
      2,
      [
        { value: "2", crossed: false, advice: 0 },
        { value: "4", crossed: false, advice: 0 },
      ],
    ],
    [
      "names the label of a text and of a flag",
      { labels: { benign: "ok", true: "yes" } },
      '["benign",true]',
      2,
      [
        { value: '"benign"', crossed: false, label: "ok", advice: 0 },
        { value: "true", crossed: false, label: "yes", advice: 0 },
      ],
    ],
    [
      "takes infinity for a number",
      { threshold: 1 },
      "[Infinity]",
      1,
      [{ value: "Infinity", crossed: true, advice: 1 }],
    ],
  ])("%s", (_name, format, predictions, count, expected) => {
    expect(judge(format, predictions, count)).toEqual(expected);
  });

  it.each([
    [">=", [false, true, true]],
    [">", [false, false, true]],
    ["<=", [true, true, false]],
    ["<", [true, false, false]],
    ["==", [false, true, false]],
    ["!=", [true, false, true]],
  ])("compares 1, 2 and 3 with 2 by %s", (comparison, crossed) => {
    expect(judge({ threshold: 2, comparison }, "[1,2,3]", 3).map((verdict) => verdict.crossed)).toEqual(crossed);
  });

  it.each<[string, object, string, string]>([
    ["a prediction without the declared value", { field: "p", threshold: 1 }, '[{"q":1}]', "predictions[0] has no p"],
    ["a value that is not a number", { field: "p", threshold: 1 }, '[{"p":"1"}]', "predictions[0] has no number at p"],
    ["null where a number is needed", { threshold: 1 }, "[null]", "predictions[0] has no number"],
    ["predictions that are not a list", { threshold: 1 }, '{"p":[1]}', "not a list"],
  ])("is not given on %s", (_name, format, predictions, message) => {
    const run = () => judge(format, predictions, 1);
    expect(run).toThrow(RegistryError);
    expect(run).toThrow(message);
  });

  it.each<[string, object, string]>([
    ["of an unknown label", { labels: { "1": "normal" } }, "[2]"],
    ["without the labelled value", { field: "p", labels: { "1": "normal" } }, "[{}]"],
    ["of another shape: a list for a value", { shape: [] }, "[[1]]"],
    ["of another shape: too short", { shape: [2] }, "[[1]]"],
    ["of another shape: a value for a list", { shape: [1] }, "[1]"],
    ["of another shape: within", { shape: [1, 2] }, "[[[1]]]"],
  ])("presupposes no prediction %s", (_name, format, predictions) => {
    expect(() => judge(format, predictions, 1)).toThrow("predictions[0]");
  });

  it.each<[object, string]>([
    [{ shape: [] }, "[1]"],
    [{ shape: [] }, '[{"a":1}]'],
    [{ shape: [2] }, "[[1,2]]"],
    [{ shape: [1, 2] }, "[[[1,2]]]"],
    [{ shape: [0] }, "[[]]"],
  ])("takes the declared shape %j in %s", (format, predictions) => {
    expect(judge(format, predictions, 1)).toHaveLength(1);
  });
});
