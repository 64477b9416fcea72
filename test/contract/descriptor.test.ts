import {
  create,
  type DescMessage,
  equals,
  fromBinary,
  fromJson,
  type Message,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { type Contract, contractOf } from "../../src/contract/contract.ts";
import { descriptorOf } from "../../src/contract/descriptor.ts";
import { compile } from "./compile.ts";
import { diskFailure, entryOf, oddNames } from "./entries.ts";

function contract(value: Parameters<typeof entryOf>[0]): Contract {
  return contractOf(entryOf(value))!;
}

/** Contracts for all that can differ. */
const contracts: Readonly<Record<string, Contract>> = {
  "every type": contract(diskFailure),
  "names alone": contract({ name: "names", inputFeatures: ["a", "b"] }),
  "odd names": contract({ name: "odd", inputFeatures: oddNames }),
  "1,000 features": contract({ name: "wide", inputFeatures: Array.from({ length: 1000 }, (_, i) => `f${i}`) }),
  "1,000 features of the same identifier": contract({
    name: "same",
    inputFeatures: Array.from({ length: 1000 }, (_, i) => `f${"!".repeat(i % 250)}${"?".repeat(i / 250)}`),
  }),
  "numeric labels": contract({
    name: "labels",
    inputFeatures: ["a"],
    outputFormat: { labels: { "-1": "anomaly", "1": "normal" }, threshold: 0, comparison: "<" },
  }),
  "labels of words": contract({ name: "words", inputFeatures: ["a"], outputFormat: { labels: { cat: "Cat" } } }),
  "a list": contract({ name: "list", inputFeatures: ["a"], outputFormat: { shape: [3] } }),
  "a list of lists": contract({ name: "lists", inputFeatures: ["a"], outputFormat: { shape: [3, 2] } }),
  "a single value": contract({ name: "single", inputFeatures: ["a"], outputFormat: { shape: [] } }),
  ...Object.fromEntries(
    ["label", "prediction", "thresholdCrossed", "class", "google", "scores.0", "a.größe", "[x]", "value"].map(
      (field) => [
        `output at ${field}`,
        contract({
          name: `field-${Buffer.from(field).toString("hex")}`,
          inputFeatures: ["a"],
          outputFormat: { field, threshold: 1, labels: { "1": "one" } },
        }),
      ],
    ),
  ),
  ...Object.fromEntries(
    ["3d", "model-3d", "class", "google", "instance", "predict-request", "v1", "a--b", "kserve", "models"].map(
      (name) => [`the name ${name}`, contract({ name, inputFeatures: ["a"], outputFormat: { field: "google" } })],
    ),
  ),
  "a description that is not a comment": contract({
    name: "commented",
    description: "*/ } message X {}\r\nsecond\u2028third \0 \u0085 \ud800 /* ".repeat(20),
    inputFeatures: [{ name: "a", description: "\n\n// x\n", unit: "\n°C\n" }],
  }),
};

describe("the text of a contract", () => {
  it("compiles to its descriptor", async () => {
    const compiled = await compile(Object.values(contracts));
    for (const [what, one] of Object.entries(contracts)) {
      const { proto } = descriptorOf(one);
      const other = compiled.get(one.names.fileName)!;
      // Their JSON shows a difference, where the bytes only say that there is one.
      expect(toJson(FileDescriptorProtoSchema, proto), what).toEqual(toJson(FileDescriptorProtoSchema, other));
      expect(equals(FileDescriptorProtoSchema, proto, other), what).toBe(true);
    }
  });
});

describe("the descriptor of a contract", () => {
  it("numbers the features in declared order", () => {
    for (const one of Object.values(contracts)) {
      const { fields } = messageOf(one, "Instance");
      expect(fields.map(({ number }) => number)).toEqual(one.features.map((_, i) => i + 1));
    }
  });

  it.each(Object.entries(contracts))("carries an instance there and back: %s", (_, one) => {
    const schema = messageOf(one, "Instance");
    const values = { double: 0.5, int64: 2n ** 53n + 1n, bool: true, string: "é\u0000" };
    const init = Object.fromEntries(
      schema.fields.map(({ localName }, i) => [localName, values[one.features[i]!.type]]),
    );
    const instance = create(schema, init as never) as Message;
    expect(fromBinary(schema, toBinary(schema, instance))).toEqual(instance);
    const json = toJson(schema, instance) as Record<string, unknown>;
    expect(fromJson(schema, json as never)).toEqual(instance);
    expect(Object.keys(json).sort()).toEqual(one.features.map(({ jsonName }) => jsonName).sort());
  });

  it("gives each kind of value a number of its own", () => {
    const fieldsOf = (what: string) =>
      Object.fromEntries(messageOf(contracts[what]!, "Prediction").fields.map(({ name, number }) => [name, number]));
    expect(fieldsOf("names alone")).toEqual({ value: 1, prediction: 6 });
    expect(fieldsOf("every type")).toEqual({ failure_probability: 1, threshold_crossed: 5, prediction: 6 });
    expect(fieldsOf("numeric labels")).toEqual({ value: 1, label: 4, threshold_crossed: 5, prediction: 6 });
    expect(fieldsOf("labels of words")).toEqual({ value: 2, label: 4, prediction: 6 });
    expect(fieldsOf("a list")).toEqual({ values: 3, prediction: 6 });
    expect(fieldsOf("a list of lists")).toEqual({ prediction: 6 });
    expect(fieldsOf("a single value")).toEqual({ value: 1, prediction: 6 });
  });

  it.each([
    ["label", "label_value", "labelValue"],
    ["prediction", "prediction_value", "predictionValue"],
    ["thresholdCrossed", "threshold_crossed_value", "thresholdCrossedValue"],
    ["class", "value_class", "class"],
    ["scores.0", "value", "value"],
    ["a.größe", "gro_e", "größe"],
    ["[x]", "x", "x"],
  ])("names the value at %s %s, in JSON %s", (field, name, jsonName) => {
    const [value] = messageOf(contracts[`output at ${field}`]!, "Prediction").fields;
    expect([value!.name, value!.jsonName]).toEqual([name, jsonName]);
  });

  it("is made once", () => {
    const entry = entryOf(diskFailure);
    expect(contractOf(entry)).toBe(contractOf(entry));
    expect(descriptorOf(contractOf(entry)!)).toBe(descriptorOf(contractOf(entry)!));
  });

  it("is not there for a model that declares no features", () => {
    expect(contractOf(entryOf({ name: "plain" }))).toBeUndefined();
  });
});

function messageOf(one: Contract, name: string): DescMessage {
  return descriptorOf(one).messages.find((message) => message.name === name)!;
}
