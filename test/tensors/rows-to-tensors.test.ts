import { describe, expect, it } from "vitest";
import { finishAtOnce, type Slices, slicesOf } from "../../src/base/in-slices.ts";
import type { TensorMetadata } from "../../src/registry/inference.ts";
import type { InputFeature } from "../../src/registry/model.ts";
import type { RowsInBody } from "../../src/registry/ports.ts";
import { type DatatypeName, datatypeNames, datatypes } from "../../src/tensors/datatype.ts";
import { readInstances } from "../../src/tensors/rows/instances.ts";
import type { HeldAs } from "../../src/tensors/rows/row-cells.ts";
import { knownRows, type RowTensors, rowsToTensors } from "../../src/tensors/rows/rows-to-tensors.ts";
import { planTensors, type TensorPlan } from "../../src/tensors/rows/tensor-plan.ts";
import { predictionsBody } from "../../src/tensors/rows/tensors-to-predictions.ts";
import { noParameters, type Tensor } from "../../src/tensors/tensor.ts";
import { TensorProblem } from "../../src/tensors/tensor-problem.ts";
import { checkRequest } from "../support/at-once.ts";
import { countSlices } from "../support/count-slices.ts";

const asRaw: HeldAs = { as: "raw" };
const asJson: HeldAs = { as: "json", nonFinite: "words" };

function* translation(
  body: Uint8Array,
  plan: TensorPlan,
  heldAs: HeldAs,
  known?: RowsInBody,
  bytesAtOnce?: number,
): Slices<RowTensors> {
  const instances = yield* slicesOf(readInstances(body, known, bytesAtOnce));
  return yield* slicesOf(rowsToTensors(instances, plan, heldAs));
}

/** The same without another look at the rows, where that can be. */
function asWritten(...rows: Parameters<typeof knownRows>): RowTensors | Error | undefined {
  try {
    return knownRows(...rows);
  } catch (error) {
    return error as Error;
  }
}

/** Translates rows that nobody has looked at. What is known of rows that have been checked makes no difference. */
function translate(
  instances: string,
  inputs: readonly TensorMetadata[] = [],
  features: readonly InputFeature[] = [],
  heldAs = asJson,
) {
  const body = Buffer.from(`{"instances":${instances}}`);
  const plan = planTensors(inputs, features);
  const outcome = (known?: RowsInBody, bytesAtOnce?: number): RowTensors | Error =>
    countSlices(translation(body, plan, heldAs, known, bytesAtOnce)).found as RowTensors | Error;
  const made = outcome();
  const { rowsInBody } = checkRequest(body, undefined, { maxJsonDepth: 64, notesNumbers: true });
  expect(outcome(rowsInBody)).toEqual(made);
  expect(asWritten(body, rowsInBody!, plan, heldAs) ?? made).toEqual(made);
  // Slices of any size come to the same.
  for (const size of [1, 7, 64]) expect(outcome(undefined, size)).toEqual(made);
  if (made instanceof Error) throw made;
  return made;
}

/** A tensor as people write it. */
function shown({ name, datatype, shape, data }: Tensor): string {
  const text = "raw" in data ? Buffer.from(data.raw).toString("hex") : Buffer.from(data.json).toString();
  return `${name} ${datatype.name} [${shape}] ${text}`;
}

function problem(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof TensorProblem) return error.message;
    throw error;
  }
  throw new Error("nothing is wrong");
}

const input = (name: string, datatype: string, shape: number[]): TensorMetadata => ({ name, datatype, shape });

describe("rows become tensors", () => {
  it.each<[string, string, TensorMetadata[], InputFeature[], string[]]>([
    ["numbers that nobody describes", "[[1,2],[3,4.5]]", [], [], ["input-0 FP64 [2,2] [[1,2],[3,4.5]]"]],
    [
      "numbers with declared features",
      "[[1,2]]",
      [],
      [
        { name: "a", type: "number" },
        { name: "b", type: "integer" },
      ],
      ["input-0 FP64 [1,2] [[1,2]]"],
    ],
    [
      "integers with declared features",
      "[[1,2.0]]",
      [],
      [
        { name: "a", type: "integer" },
        { name: "b", type: "integer" },
      ],
      ["input-0 INT64 [1,2] [1,2]"],
    ],
    [
      "texts among numbers, as a frame",
      '[[41,"Bonn"]]',
      [],
      [
        { name: "age", type: "number" },
        { name: "city", type: "string" },
      ],
      ["age FP64 [1,1] [41]", 'city BYTES [1,1] ["Bonn"]'],
    ],
    [
      "rows by name that nobody describes",
      '[{"age":41,"city":"Bonn"}]',
      [],
      [],
      ["age FP64 [1,1] [41]", 'city BYTES [1,1] ["Bonn"]'],
    ],
    ["one input by metadata", "[[1,2],[3,4]]", [input("x", "FP32", [-1, 2])], [], ["x FP32 [2,2] [[1,2],[3,4]]"]],
    [
      "inputs by metadata",
      '[[1,"k"],[2,"l"]]',
      [input("a", "FP32", [-1, 1]), input("c", "BYTES", [-1, 1])],
      [],
      ["a FP32 [2,1] [1,2]", 'c BYTES [2,1] ["k","l"]'],
    ],
    [
      "inputs by metadata of rank one, in the order of the features",
      "[[1,2]]",
      [input("b", "FP64", [-1]), input("a", "INT32", [-1])],
      [{ name: "a" }, { name: "b" }],
      ["a INT32 [1] [1]", "b FP64 [1] [2]"],
    ],
    ["texts alone", '["good","bad"]', [], [], ['input-0 BYTES [2] ["good","bad"]']],
    [
      "texts for a server with batches",
      '["good","bad"]',
      [input("t", "BYTES", [-1, 1])],
      [],
      ['t BYTES [2,1] ["good","bad"]'],
    ],
    ["a missing number", "[[null,2]]", [], [], ["input-0 FP64 [1,2] [NaN,2]"]],
    [
      "integers beyond 2^53, with all their digits",
      "[[9007199254740993]]",
      [],
      [],
      ["input-0 INT64 [1,1] [9007199254740993]"],
    ],
    ["one column for an input of rank one", "[[1],[2]]", [input("x", "INT64", [-1])], [], ["x INT64 [2] [1,2]"]],
    ["pictures", "[[[1,2],[3,4]]]", [input("x", "UINT8", [-1, 2, 2])], [], ["x UINT8 [1,2,2] [1,2,3,4]"]],
    ["the one row of a model without batches", "[[1,2,3]]", [input("x", "FP32", [3])], [], ["x FP32 [3] [[1,2,3]]"]],
    ["booleans", "[[true],[false]]", [], [{ name: "on", type: "boolean" }], ["on BOOL [2,1] [true,false]"]],
  ])("%s", (_title, instances, inputs, features, expected) => {
    expect(translate(instances, inputs, features).tensors.map(shown)).toEqual(expected);
  });

  it("raw: missing numbers are NaN, and integers keep their bits", () => {
    expect(translate("[[null,2]]", [], [], asRaw).tensors.map(shown)).toEqual([
      "input-0 FP64 [1,2] 000000000000f87f0000000000000040",
    ]);
    expect(translate("[[9007199254740993]]", [], [], asRaw).tensors.map(shown)).toEqual([
      "input-0 INT64 [1,1] 0100000000002000",
    ]);
  });

  it("says which frame of pandas they are, and which columns are texts", () => {
    const { parameters, tensors } = translate('[{"age":41,"city":"Bonn"}]');
    expect([...parameters]).toEqual([["content_type", "pd"]]);
    expect([...tensors[1]!.parameters]).toEqual([["content_type", "str"]]);
  });

  it.each<[string, string, TensorMetadata[], InputFeature[], string]>([
    [
      "300 as INT8",
      "[[1],[300]]",
      [input("iops", "INT8", [-1, 1])],
      [{ name: "iops" }],
      "instances[1].iops: expected an integer from -128 to 127 (INT8), found 300",
    ],
    [
      "a fraction as an integer",
      "[[5.9]]",
      [input("x", "UINT16", [-1, 1])],
      [],
      "instances[0][0]: expected an integer from 0 to 65535 (UINT16), found 5.9",
    ],
    [
      "a number that a float does not hold",
      "[[1e300]]",
      [input("x", "FP32", [-1, 1])],
      [],
      "instances[0][0]: 1e300 is outside of FP32",
    ],
    ["1 as a boolean", "[[1]]", [input("x", "BOOL", [-1, 1])], [], "instances[0][0]: expected true or false, found 1"],
    [
      "null as an integer",
      "[[null]]",
      [input("x", "INT32", [-1, 1])],
      [],
      "instances[0][0]: expected an integer (INT32), found null",
    ],
    [
      "null as a text",
      '[["a"],[null]]',
      [input("x", "BYTES", [-1, 1])],
      [],
      "instances[1][0]: expected a string, found null",
    ],
    [
      "ragged rows",
      "[[1,2],[3]]",
      [],
      [
        { name: "a", type: "number" },
        { name: "b", type: "number" },
      ],
      "instances[1]: has 1 values, and the first row has 2",
    ],
    [
      "rows that are too wide",
      "[[1,2,3]]",
      [input("x", "FP32", [-1, 2])],
      [],
      "instances: the rows make a tensor of the shape [1, 3], but the input x of the model takes [-1, 2]",
    ],
    [
      "a name that is not an input",
      '[{"a":1,"z":2}]',
      [input("a", "FP32", [-1]), input("b", "FP32", [-1])],
      [],
      "instances[0].z: is not an input of the model; it takes a, b",
    ],
    [
      "an input left out",
      '[{"a":1}]',
      [input("a", "FP32", [-1]), input("b", "FP32", [-1])],
      [],
      "instances[0].b: is missing",
    ],
    [
      "features that the server does not know",
      "[[1,2]]",
      [input("a", "FP32", [-1]), input("b", "FP32", [-1])],
      [{ name: "a" }, { name: "c" }],
      "inputFeatures: the entry declares a, c, but the server of the model describes the inputs a, b",
    ],
    [
      "a datatype that nobody knows",
      "[[1]]",
      [input("x", "FP8", [-1, 1])],
      [],
      "x: has the datatype FP8, which is not one of the protocol",
    ],
    ["mixed rows without names", '[[1,"a"]]', [], [], "instances[0]: its values are of several types"],
  ])("refuses %s, at its place", (_title, instances, inputs, features, expected) => {
    expect(problem(() => translate(instances, inputs, features))).toContain(expected);
    expect(problem(() => translate(instances, inputs, features, asRaw))).toContain(expected);
  });
});

describe("long rows take more than one turn", () => {
  const rowsOf = (row: string, count: number): string => `[${`${row},`.repeat(count - 1)}${row}]`;
  const longList = `[${"1,".repeat(20_000)}1]`;

  it.each<[string, string, TensorMetadata[]]>([
    ["integers", rowsOf("[1]", 20_000), [input("x", "INT64", [-1, 1])]],
    ["one row of integers", `[${longList}]`, [input("x", "INT8", [-1, -1])]],
    ["a picture", `[[${longList},${longList}]]`, [input("x", "UINT8", [-1, -1, -1])]],
    ["columns", rowsOf("[1,true]", 20_000), [input("a", "INT16", [-1]), input("b", "BOOL", [-1])]],
    ["lists in columns", rowsOf(`[${longList},1]`, 2), [input("a", "INT16", [-1, -1]), input("b", "INT8", [-1, 1])]],
    ["records", rowsOf('{"a":1,"b":"c"}', 20_000), []],
    ["numbers that nobody describes", rowsOf("[1e3]", 20_000), []],
    ["texts", rowsOf('"abc"', 20_000), []],
    ["a row of numbers with a null", `[[null,${"1,".repeat(20_000)}1]]`, []],
  ])("%s, raw and as JSON", (_title, instances, inputs) => {
    const body = Buffer.from(`{"instances":${instances}}`);
    const plan = planTensors(inputs, []);
    for (const heldAs of [asRaw, asJson]) {
      const { found, slices } = countSlices(translation(body, plan, heldAs));
      expect(slices).toBeGreaterThan(9);
      expect(found).toEqual(finishAtOnce(translation(body, plan, heldAs, undefined, Number.POSITIVE_INFINITY)));
      expect(found).toHaveProperty("tensors");
    }
  });

  it("parameters, of which only so many are taken", () => {
    const members = (count: number): string => Array.from({ length: count }, (_, i) => `,"k${i}":1`).join("");
    const read = (count: number) =>
      countSlices(slicesOf(readInstances(Buffer.from(`{"instances":[[1]]${members(count)}}`)))).found;
    expect(read(1024)).toHaveProperty("parameters.size", 1024);
    expect(String(read(1025))).toContain("parameters: has more than 1024 members");
    const long = Buffer.from(`{"instances":[[1]],"k":${rowsOf("[]", 100_000)}}`);
    expect(countSlices(slicesOf(readInstances(long))).slices).toBeGreaterThan(5);
  });

  it("what is short does not", () => {
    const body = Buffer.from('{"instances":[[1,"a"],[2,"b"]]}');
    const plan = planTensors([], [{ name: "a" }, { name: "b" }]);
    expect(countSlices(translation(body, plan, asJson)).slices).toBe(1);
  });
});

it("limits undescribed rows to as many columns as a message may have tensors", () => {
  const wide = (count: number): string =>
    `[["a",${Array<string>(count - 2)
      .fill("1")
      .join(",")},true]]`;
  const features = [{ name: "first" }];
  expect(translate(wide(4096), [], features).tensors).toHaveLength(4096);
  expect(problem(() => translate(wide(4097), [], features))).toContain("in more than 4096 columns");
});

/** A random element of a datatype as JSON text. */
function randomElement(name: DatatypeName): string {
  const { range, json } = datatypes[name];
  if (json === "boolean") return String(Math.random() < 0.5);
  if (json === "string")
    return JSON.stringify(
      String.fromCodePoint(...Array.from({ length: Math.random() * 5 }, () => 32 + Math.floor(Math.random() * 0x3000))),
    );
  if (range !== undefined) {
    const pick = Math.random();
    if (pick < 0.1) return String(range.min);
    if (pick < 0.2) return String(range.max);
    const span = range.max - range.min;
    return String(range.min + (BigInt(Math.floor(Math.random() * 2 ** 52)) * span) / 2n ** 52n);
  }
  // What all floats hold exactly, so that the same text comes back.
  return String((Math.floor(Math.random() * 256) - 128) / 2 ** Math.floor(Math.random() * 4));
}

describe.each(datatypeNames)("%s", (name) => {
  it.each([asRaw, asJson])("rows to tensors and back are the same rows, held as %j", (heldAs) => {
    for (let run = 0; run < 200; run++) {
      const count = 1 + Math.floor(Math.random() * 4);
      const width = 2 + Math.floor(Math.random() * 3);
      const rows = Array.from({ length: count }, () => Array.from({ length: width }, () => randomElement(name)));
      const instances = `[${rows.map((row) => `[${row}]`).join(",")}]`;
      const { tensors } = translate(instances, [input("x", name, [-1, width])], [], heldAs);
      const answer = { id: "", modelName: "", modelVersion: "", parameters: noParameters, outputs: tensors };
      const body = finishAtOnce(predictionsBody(answer, count, [], Number.MAX_SAFE_INTEGER)).bytes.toString();
      if (datatypes[name].json === "integer") expect(body).toBe(`{"predictions":${instances}}`);
      else expect(JSON.parse(body)).toEqual({ predictions: JSON.parse(instances) });
    }
  });

  const { range } = datatypes[name];
  it.runIf(range !== undefined)("refuses what is outside of its range, at the cell", () => {
    for (const outside of [range!.min - 1n, range!.max + 1n]) {
      const features = [{ name: "iops" }, { name: "age" }];
      const inputs = [input("iops", name, [-1]), input("age", name, [-1])];
      expect(problem(() => translate(`[[0,0],[0,0],[0,0],[${outside},0]]`, inputs, features))).toMatch(
        /^instances\[3\]\.iops: expected an integer from /,
      );
    }
  });
});
