import { create, fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { ListValueSchema, ValueSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CheckedRequest } from "../../../src/predict/checked-request.ts";
import { JsonScanner } from "../../../src/predict/json/json-scanner.ts";
import { writeDouble, writeNumber } from "../../../src/predict/json/number.ts";
import { readMembers, readValue } from "../../../src/predict/transcode/read-value.ts";
import { readTensor, type TensorData, writeTensor } from "../../../src/predict/transcode/tensor.ts";
import { writeInstances } from "../../../src/predict/transcode/write-value.ts";
import { RegistryError } from "../../../src/registry/registry-error.ts";
import { scanAnswer } from "../../support/at-once.ts";
import { cases } from "../../support/cases.ts";

const json = fc.jsonValue({ maxDepth: 5 }) as fc.Arbitrary<JsonValue>;

function scanned(bytes: Uint8Array, instanceCount: number) {
  return scanAnswer(bytes, { count: instanceCount, keys: ["predictions"], problem: undefined }, 64);
}

function predictionsOf(text: string) {
  const bytes = Buffer.from(`{"predictions":${text}}`);
  const scanner = new JsonScanner(bytes, 64);
  return {
    scanner,
    span: scanned(bytes, JSON.parse(text.replace(/-?(NaN|Infinity)/g, "0")).length).predictions,
  };
}

describe("writeDouble", () => {
  it.each([
    [1, "1.0"],
    [-0, "-0.0"],
    [0, "0.0"],
    [1e15, "1000000000000000.0"],
    [2 ** 70, "1.1805916207174113e+21"],
    [0.5, "0.5"],
    [Number.NaN, "null"],
    [Number.NEGATIVE_INFINITY, "-Infinity"],
  ])("writes %d as %s, so that it reads as a double in Python as well", (value, text) => {
    expect(writeDouble(value)).toBe(text);
  });
});

describe("writeNumber", () => {
  it("writes every double so that it reads back as itself", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Object.is(JSON.parse(writeNumber(value)), value)).toBe(true);
      }),
      { numRuns: cases(20_000) },
    );
  });

  it.each([
    [-0, "-0"],
    [5e-324, "5e-324"],
    [Number.NaN, "null"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    [Number.NEGATIVE_INFINITY, "-Infinity"],
  ])("writes %s as %s", (value, text) => {
    expect(writeNumber(value)).toBe(text);
  });
});

describe("instances", () => {
  it("are written as the JSON that they stand for", () => {
    fc.assert(
      fc.property(fc.array(json, { minLength: 1, maxLength: 5 }), (rows) => {
        const list = fromJson(ListValueSchema, rows);
        expect(JSON.parse(Buffer.from(writeInstances(list, undefined)).toString())).toEqual({ instances: rows });
      }),
      { numRuns: cases(500) },
    );
  });

  it("carry further top-level keys", () => {
    const body = writeInstances(fromJson(ListValueSchema, [1]), { signature_name: "x", deep: { a: [1] } });
    expect(Buffer.from(body).toString()).toBe('{"instances":[1],"signature_name":"x","deep":{"a":[1]}}');
  });

  it.each([
    [
      "a key instances in parameters",
      () => writeInstances(fromJson(ListValueSchema, [1]), { instances: 1 }),
      "parameters.instances",
    ],
    [
      "a value without a kind",
      () => writeInstances(create(ListValueSchema, { values: [create(ValueSchema)] }), undefined),
      "instances[0]",
    ],
  ])("refuse %s, with its path", (_name, run, field) => {
    expect(run).toThrow(RegistryError);
    expect(run).toThrow(field);
  });
});

describe("predictions as a Value", () => {
  it("are the JSON that the model wrote", () => {
    fc.assert(
      fc.property(fc.array(json, { minLength: 1, maxLength: 5 }), (values) => {
        // A number of JSON text that is not a double stays out: it is tested below.
        const text = JSON.stringify(values);
        const { scanner, span } = predictionsOf(text);
        expect(toJson(ValueSchema, readValue(scanner, span))).toEqual(JSON.parse(text));
      }),
      { numRuns: cases(500) },
    );
  });

  it.each([
    ["[NaN,Infinity,-Infinity,null]", ["NaN", "Infinity", "-Infinity", null]],
    ["[1e999]", ["Infinity"]],
    ['["\\u00e9\\n", "é"]', ["é\n", "é"]],
    ['[ { "a" : [ ] , "b" : { } } ]', [{ a: [], b: {} }]],
    ["[true,false]", [true, false]],
  ])("of %s are %j", (text, expected) => {
    const { scanner, span } = predictionsOf(text);
    expect(toJson(ValueSchema, readValue(scanner, span))).toEqual(expected);
  });

  it("take a member called __proto__ for one like any other", () => {
    const bytes = Buffer.from('{"predictions":[{"__proto__":{"x":1}}],"__proto__":2}');
    const answer = scanned(bytes, 1);
    const scanner = new JsonScanner(bytes, 64);
    expect(JSON.stringify(toJson(ValueSchema, readValue(scanner, answer.predictions)))).toBe('[{"__proto__":{"x":1}}]');
    expect(JSON.stringify(readMembers(scanner, answer.others))).toBe('{"__proto__":2}');
  });
});

describe("tensor", () => {
  const tensors = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }).chain((shape) => {
    const length = shape.reduce((a, b) => a * b, 1);
    return fc.record({
      shape: fc.constant(shape),
      values: fc.array(fc.double(), { minLength: length, maxLength: length }),
    });
  });

  it("comes back bit for bit from the JSON that it was written as", () => {
    fc.assert(
      fc.property(tensors, (tensor: TensorData) => {
        const { body, instanceCount } = writeTensor(tensor, undefined) as CheckedRequest;
        expect(instanceCount).toBe(tensor.shape[0]);
        const text = Buffer.from(body).toString().slice('{"instances":'.length, -1);
        const { scanner, span } = predictionsOf(text);
        const read = readTensor(scanner, span);
        expect(read.shape).toEqual(tensor.shape);
        expect(read.values.every((value, i) => Object.is(value, tensor.values[i]))).toBe(true);
      }),
      { numRuns: cases(1000) },
    );
  });

  it("is written with what else its request has, which is left to be checked", () => {
    const written = writeTensor({ shape: [2, 1], values: [1, -0] }, { signature_name: "s", deep: [[1]] });
    expect(Buffer.from(written as Uint8Array).toString()).toBe(
      '{"instances":[[1.0],[-0.0]],"signature_name":"s","deep":[[1]]}',
    );
  });

  it.each<[string, TensorData, string]>([
    ["no shape", { shape: [], values: [1] }, "tensor.shape"],
    ["too many dimensions", { shape: [1, 1, 1, 1, 1, 1, 1, 1, 1], values: [1] }, "tensor.shape"],
    [
      "too few values",
      { shape: [2, 2], values: [1, 2, 3] },
      "tensor.values: has 3 numbers, but the shape [2, 2] takes 4",
    ],
    ["too many values", { shape: [1], values: [1, 2] }, "tensor.values"],
    ["no rows", { shape: [0, 3], values: [] }, "tensor.shape"],
    ["rows without numbers", { shape: [1_000_000_000, 0], values: [] }, "tensor.shape"],
    ["a product beyond every limit", { shape: Array(8).fill(4_294_967_295), values: [1] }, "tensor.values"],
  ])("with %s is refused", (_name, tensor, message) => {
    expect(() => writeTensor(tensor, undefined)).toThrow(message);
  });

  it.each([
    ["[[1,2],[3]]", "rows differ in length"],
    ["[1,[2]]", "rows differ in depth"],
    ["[[1],2]", "rows differ in depth"],
    ['["a"]', '"a" is not a number'],
    ["[true]", "true is not a number"],
    ["[{}]", "{} is not a number"],
  ])("is not made of %s", (text, why) => {
    const { scanner, span } = predictionsOf(text);
    expect(() => readTensor(scanner, span)).toThrow(why);
  });

  it.each([
    [
      "[null,NaN,Infinity,-Infinity]",
      [4],
      [Number.NaN, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    ],
    ["[[],[]]", [2, 0], []],
  ])("is made of %s", (text, shape, values) => {
    const { scanner, span } = predictionsOf(text);
    expect(readTensor(scanner, span)).toEqual({ shape, values });
  });
});
