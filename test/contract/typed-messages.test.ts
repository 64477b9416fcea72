import { create, type DescMessage, fromBinary, type Message, toBinary, toJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTypedMessages } from "../../src/api/typed/typed-messages.ts";
import { contractOf } from "../../src/contract/contract.ts";
import { descriptorOf } from "../../src/contract/descriptor.ts";
import { writeDouble } from "../../src/predict/json/number.ts";
import { featureSetOf } from "../../src/predict/rows/feature-set.ts";
import type { FeatureValue, ModelEntry, RegisteredModel } from "../../src/registry/model.ts";
import { inputFormats } from "../../src/registry/model.ts";
import { checkRequest, scanAnswer } from "../support/at-once.ts";
import { inputFeatures, rowsOf } from "./arbitrary-features.ts";
import { entryOf } from "./entries.ts";

type Cell = FeatureValue | undefined;

const maxJsonDepth = 64;

function schemaOf(model: ModelEntry, name: string): DescMessage {
  return descriptorOf(contractOf(model)!).messages.find((message) => message.name === name)!;
}

/** What goes to the model for rows that are sent in a typed message. */
function sentTyped(model: ModelEntry, rows: readonly (readonly Cell[])[]): string {
  const instance = schemaOf(model, "Instance");
  const { features } = contractOf(model)!;
  const instances = rows.map((row) =>
    Object.fromEntries(
      instance.fields.flatMap(({ localName }, i) => {
        const cell = row[i];
        if (cell === undefined) return [];
        return [[localName, features[i]!.type === "int64" ? BigInt(cell as number) : cell]];
      }),
    ),
  );
  const request = schemaOf(model, "PredictRequest");
  // Over the wire and back, as it comes from a caller.
  const message = fromBinary(request, toBinary(request, create(request, { instances } as never)));
  return checked(model, createTypedMessages(contractOf(model)!).requestBody(message));
}

function checked(model: ModelEntry, body: Uint8Array): string {
  return Buffer.from(checkRequest(body, featureSetOf(model), { maxJsonDepth }).body).toString();
}

describe("a typed request", () => {
  it("sends the model the same bytes as the same rows by name and by position", () => {
    const cases = fc
      .record({ features: inputFeatures, inputFormat: fc.constantFrom(...inputFormats) })
      .chain((declared) =>
        fc.record({
          declared: fc.constant(declared),
          rows: rowsOf(declared.features),
        }),
      );
    fc.assert(
      fc.property(cases, ({ declared: { features, inputFormat }, rows }) => {
        const model = entryOf({ name: "any", inputFeatures: features, inputFormat });
        const types = contractOf(model)!.features.map(({ type }) => type);
        // Doubles read as doubles: 1.0, not 1.
        const written = (cell: Cell, i: number): string => {
          if (cell === undefined) return JSON.stringify(features[i]!.default ?? null);
          return types[i] === "double" && typeof cell === "number" ? writeDouble(cell) : JSON.stringify(cell);
        };
        const named = (row: readonly Cell[]) =>
          `{${features.map(({ name }, i) => `${JSON.stringify(name)}:${written(row[i], i)}`).join(",")}}`;
        const byName = `{"instances":[${rows.map(named).join(",")}]}`;
        const byPosition = `{"instances":[${rows.map((row) => `[${features.map((_, i) => written(row[i], i)).join(",")}]`).join(",")}]}`;
        const typed = sentTyped(model, rows);
        expect(typed).toBe(checked(model, Buffer.from(byName)));
        expect(JSON.parse(typed)).toEqual(JSON.parse(checked(model, Buffer.from(byPosition))));
      }),
      { numRuns: 300 },
    );
  });

  it("writes NaN as null, which a feature without a type takes", () => {
    const model = entryOf({ name: "any", inputFeatures: ["a", "b", "c"] });
    const row = [Number.NaN, Number.POSITIVE_INFINITY, -0];
    expect(sentTyped(model, [row])).toBe('{"instances":[[null,Infinity,-0.0]]}');
  });

  it("takes the type of a feature without one from its values or its default", () => {
    const features = [
      { name: "text", values: ["a", null] },
      { name: "flag", default: true },
      { name: "mixed", values: [1, "a"] },
      "any",
    ];
    const { fields } = schemaOf(entryOf({ name: "any", inputFeatures: features }), "Instance");
    expect(fields.map((field) => field.proto.type)).toEqual([9, 8, 1, 1]);
  });
});

describe("a typed response", () => {
  /** What a caller gets for what a model said, as JSON. */
  function responseTo(declared: object, text: string): unknown {
    const model = entryOf({ name: "any", inputFeatures: ["a"], ...declared }) as RegisteredModel;
    const instanceCount = (JSON.parse(text.replaceAll(/NaN|-?Infinity/g, "0")).predictions as unknown[]).length;
    const answer = scanAnswer(
      Buffer.from(text),
      { count: instanceCount, keys: ["predictions"], problem: undefined },
      maxJsonDepth,
    );
    const response = createTypedMessages(contractOf(model)!).response({ model, answer, attempts: 1 });
    const schema = schemaOf(model, "PredictResponse");
    const received: Message = fromBinary(schema, toBinary(schema, response));
    return toJson(schema, received);
  }

  it.each<[string, object, string, unknown[]]>([
    [
      "numbers",
      {},
      "[1,-2.5e3,0]",
      [
        { value: 1, prediction: 1 },
        { value: -2500, prediction: -2500 },
        { value: 0, prediction: 0 },
      ],
    ],
    [
      "NaN and infinities",
      {},
      "[NaN,-Infinity]",
      [
        { value: "NaN", prediction: "NaN" },
        { value: "-Infinity", prediction: "-Infinity" },
      ],
    ],
    [
      "what is not a number",
      {},
      '["a",true,null,[1],{"a":1}]',
      [{ prediction: "a" }, { prediction: true }, { prediction: null }, { prediction: [1] }, { prediction: { a: 1 } }],
    ],
    ["a number in quotes, which is a text", {}, '["1"]', [{ prediction: "1" }]],
    [
      "a value by path",
      { field: "scores.0" },
      '[{"scores":[0.2,0.8]}]',
      [{ value: 0.2, prediction: { scores: [0.2, 0.8] } }],
    ],
    [
      "labels of numbers",
      { labels: { "-1": "anomaly", "1": "normal" } },
      "[-1,1.0]",
      [
        { value: -1, label: "anomaly", prediction: -1 },
        { value: 1, label: "normal", prediction: 1 },
      ],
    ],
    [
      "labels of words",
      { labels: { cat: "a cat", true: "yes", 7: "seven" } },
      '["cat",true,7]',
      [
        { value: "cat", label: "a cat", prediction: "cat" },
        { value: "true", label: "yes", prediction: true },
        { value: "7", label: "seven", prediction: 7 },
      ],
    ],
    [
      "a threshold",
      { threshold: 0.5, comparison: "<" },
      "[0.4,0.5]",
      [
        { value: 0.4, thresholdCrossed: true, prediction: 0.4 },
        { value: 0.5, prediction: 0.5 },
      ],
    ],
    [
      "lists",
      { shape: [2] },
      "[[1,null],[NaN,2]]",
      [
        { values: [1, "NaN"], prediction: [1, null] },
        { values: ["NaN", 2], prediction: ["NaN", 2] },
      ],
    ],
    ["lists of what is not a number", { shape: [1] }, '[["a"]]', [{ prediction: ["a"] }]],
    ["lists of lists", { shape: [1, 2] }, "[[[1,2]]]", [{ prediction: [[1, 2]] }]],
    [
      "a field that is called like another",
      { field: "label", labels: { cat: "a cat" } },
      '[{"label":"cat"}]',
      [{ labelValue: "cat", label: "a cat", prediction: { label: "cat" } }],
    ],
  ])("has %s", (_, outputFormat, predictions, expected) => {
    expect(responseTo({ outputFormat }, `{"predictions":${predictions}}`)).toEqual({ predictions: expected });
  });

  it("has the version of the model, where there is one", () => {
    expect(responseTo({}, '{"predictions":[],"model_version":3}')).toEqual({ modelVersion: "3" });
  });

  it("is none where a prediction does not have what is declared", () => {
    expect(() => responseTo({ outputFormat: { field: "p" } }, '{"predictions":[{"q":1}]}')).toThrow("has no p");
    expect(() => responseTo({ outputFormat: { threshold: 1 } }, '{"predictions":["a"]}')).toThrow("has no number");
  });
});
