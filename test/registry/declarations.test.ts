import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { OutputFormatSchema } from "../../gen/kserve/registry/v1/model_pb.ts";
import { outputFormatToMessage } from "../../src/api/rpc/convert.ts";
import { parseModelEntry } from "../../src/registry/model-entry.ts";

const good = { name: "a", service: "a", type: "predictive" };
const parse = (fields: object) => parseModelEntry({ ...good, ...fields }, "ns");
const feature = (fields: object) => parse({ inputFeatures: [{ name: "x", ...fields }] });

describe("declarations of an entry", () => {
  it("are read in full", () => {
    const inputFeatures = [
      "bare",
      { name: "load", type: "number", unit: "percent", min: 0, max: 100, description: "CPU load" },
      { name: "cores", type: "integer", default: 4 },
      { name: "hot", type: "boolean", nullable: true, default: null },
      { name: "zone", type: "string", values: ["a", "b"], default: "a" },
    ];
    const { entry } = parse({
      inputFeatures,
      inputFormat: "record",
      outputFormat: {
        field: "scores.0",
        threshold: 0.7,
        labels: { "-1": "anomaly", "1": "normal" },
        shape: [2],
        count: "any",
      },
      triggers: ["spike", { type: "metric-threshold", metric: "load", threshold: 85, comparison: ">" }],
    });
    expect(entry).toMatchObject({
      inputFeatures: [{ name: "bare" }, ...inputFeatures.slice(1)],
      inputFormat: "record",
      outputFormat: {
        field: "scores.0",
        threshold: 0.7,
        comparison: ">=",
        labels: { "-1": "anomaly", "1": "normal" },
        shape: [2],
        count: "any",
      },
      triggers: [{ name: "spike" }, { type: "metric-threshold", metric: "load", threshold: 85, comparison: ">" }],
    });
  });

  it.each([null, ""])("are left out by %j", (none) => {
    const outputFormat = { field: none, threshold: none, comparison: none, labels: none, shape: none, count: none };
    expect(parse({ outputFormat }).entry).toMatchObject({ outputFormat: {} });
    expect(parse({ outputFormat }).entry?.outputFormat).toEqual({});
  });

  it.each<[string, ReturnType<typeof parse>, string, string]>([
    [
      "an unknown type",
      feature({ type: "float" }),
      "inputFeatures[0].type",
      "expected number, integer, boolean or string",
    ],
    [
      "min above max",
      feature({ type: "number", min: 2, max: 1 }),
      "inputFeatures[0].min",
      "expected at most max, which is 1; found 2",
    ],
    [
      "min of a string",
      feature({ type: "string", min: 2 }),
      "inputFeatures[0].min",
      "needs the type number or integer",
    ],
    ["max without a type", feature({ max: 2 }), "inputFeatures[0].max", "needs the type number or integer"],
    [
      "a default out of range",
      feature({ type: "number", max: 1, unit: "s", default: 2 }),
      "inputFeatures[0].default",
      "2 is above the limit of 1 s",
    ],
    [
      "a default of another type",
      feature({ type: "integer", default: 1.5 }),
      "inputFeatures[0].default",
      "expected a whole number; found 1.5",
    ],
    [
      "a null default of what is not nullable",
      feature({ type: "integer", default: null }),
      "inputFeatures[0].default",
      "null is not allowed",
    ],
    [
      "a default that is none of the values",
      feature({ values: ["a"], default: "b" }),
      "inputFeatures[0].default",
      'expected one of "a"; found "b"',
    ],
    [
      "values of another type",
      feature({ type: "boolean", values: [true, 1] }),
      "inputFeatures[0].values[1]",
      "expected true or false; found 1",
    ],
    ["no values", feature({ values: [] }), "inputFeatures[0].values", "is empty"],
    ["a list for a value", feature({ values: [[1]] }), "inputFeatures[0].values[0]", "found a list"],
    ["an unknown key", feature({ minimum: 1 }), "inputFeatures[0].minimum", "unknown field"],
    [
      "an unknown input format",
      parse({ inputFormat: "rows" }),
      "inputFormat",
      "expected array, record, record-of-lists or columnar",
    ],
    ["a named form without names", parse({ inputFormat: "columnar" }), "inputFormat", "columnar needs inputFeatures"],
    [
      "an unknown comparison",
      parse({ outputFormat: { threshold: 1, comparison: "=>" } }),
      "outputFormat.comparison",
      "expected >=, >, <=, <, == or !=",
    ],
    [
      "a comparison with nothing",
      parse({ outputFormat: { comparison: ">" } }),
      "outputFormat.comparison",
      "needs a threshold",
    ],
    [
      "a threshold that is a text",
      parse({ outputFormat: { threshold: "0.7" } }),
      "outputFormat.threshold",
      "expected a number",
    ],
    [
      "a label that is a number",
      parse({ outputFormat: { labels: { "1": 5 } } }),
      "outputFormat.labels.1",
      "expected a text, found a number; put it in quotes",
    ],
    [
      "two labels of one number",
      parse({ outputFormat: { labels: { "1": "a", "1.0": "b" } } }),
      "outputFormat.labels.1.0",
      "is the same number as 1",
    ],
    ["another count", parse({ outputFormat: { count: "some" } }), "outputFormat.count", 'expected any; found "some"'],
    ["no labels", parse({ outputFormat: { labels: {} } }), "outputFormat.labels", "is empty"],
    [
      "a threshold for a list",
      parse({ outputFormat: { threshold: 1, shape: [3] } }),
      "outputFormat.field",
      "missing; a list has no threshold",
    ],
    ["a shape of texts", parse({ outputFormat: { shape: ["3"] } }), "outputFormat.shape[0]", "expected a whole number"],
    [
      "a metric trigger without a metric",
      parse({ triggers: [{ type: "metric-threshold", threshold: 1 }] }),
      "triggers[0].metric",
      "missing",
    ],
    [
      "a metric trigger without a threshold",
      parse({ triggers: [{ type: "metric-threshold", metric: "x" }] }),
      "triggers[0].threshold",
      "missing",
    ],
  ])("are refused with %s", (_name, { problems }, field, message) => {
    expect(problems).toContainEqual({ field, message: expect.stringContaining(message) });
  });
});

describe("the label of a value", () => {
  it("is kept whatever the value is called", () => {
    const value = JSON.parse(
      '{"name":"m","service":"m","type":"anomaly","outputFormat":{"labels":{"__proto__":"x","a":"y"}}}',
    );
    const { entry } = parseModelEntry(value, "ns");
    expect(Object.entries(entry!.outputFormat!.labels!)).toEqual([
      ["__proto__", "x"],
      ["a", "y"],
    ]);
    const bytes = toBinary(OutputFormatSchema, outputFormatToMessage(entry!.outputFormat!));
    expect(Object.entries(fromBinary(OutputFormatSchema, bytes).labels)).toEqual([
      ["__proto__", "x"],
      ["a", "y"],
    ]);
  });
});
