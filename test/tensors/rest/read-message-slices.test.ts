import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { renamingRest } from "../../../src/api/oip/rename-answer.ts";
import { rowsFromTensors } from "../../../src/api/oip/rows-from-tensors.ts";
import { finishAtOnce, finishInSlices, slicesOf } from "../../../src/base/in-slices.ts";
import { type DatatypeName, datatypes } from "../../../src/tensors/datatype.ts";
import { heldAsJson, heldAsRaw } from "../../../src/tensors/elements/convert-elements.ts";
import { assertElementCount } from "../../../src/tensors/elements/json-elements.ts";
import { readRestMessage } from "../../../src/tensors/rest/read-message.ts";
import { predictionsBody } from "../../../src/tensors/rows/tensors-to-predictions.ts";
import { noParameters, type Tensor } from "../../../src/tensors/tensor.ts";
import { countSlices, type SlicedOutcome } from "../../support/count-slices.ts";

const limits = { maxDepth: 8, maxValues: 200 };
const bytesOf = (text: string): Buffer => Buffer.from(text, "latin1");

function read(body: Buffer, jsonBytes: number | undefined, bytesAtOnce?: number): SlicedOutcome {
  return countSlices(readRestMessage({ form: "rest", body, jsonBytes }, "inputs", limits, bytesAtOnce));
}

function rename(body: Buffer, jsonBytes: number | undefined, bytesAtOnce?: number): SlicedOutcome {
  return countSlices(slicesOf(renamingRest({ form: "rest", body, jsonBytes }, "other", limits, bytesAtOnce)));
}

/** Asserts that slices of any size come to the same. */
function assertSame(body: Buffer, jsonBytes?: number, sizes = [1, 2, 3, 7, 16]): unknown {
  const { found } = read(body, jsonBytes);
  const { found: renamed } = rename(body, jsonBytes);
  for (const size of sizes) {
    expect(isDeepStrictEqual(read(body, jsonBytes, size).found, found)).toBe(true);
    expect(isDeepStrictEqual(rename(body, jsonBytes, size).found, renamed)).toBe(true);
  }
  return found;
}

/** A message with everything that one may have. */
const full = `{"id":"\\u00e9 a","model_name":"m","parameters":{"a":1,"b":[[],{"c":[1]}],"c":"x","d":null,"e":true},
 "inputs":[
  {"name":"x","datatype":"FP64","shape":[2,2],"data":[[1,2.5],[-3,4e2]],"parameters":{"content_type":"np","n":12345678901234567890}},
  {"parameters":{"binary_data_size":4},"shape":[1],"datatype":"FP32","name":"y"},
  {"data":[1,2,3,4,5,6,7,8,9,10,11,12],"shape":[12],"name":"z","datatype":"INT8","other":[{},[[]]]},
  {"data":["a","\\"]"],"shape":[2],"name":"t","datatype":"BYTES"},
  {"data":[],"shape":[0],"name":"nothing","datatype":"BOOL"}],
 "outputs":[{"name":"o","parameters":{"binary_data":true}},{"name":"p","more":[1,[2]]}], "model_version":"1","z":{"y":[[[]]]}} `;
const json = bytesOf(full);
const body = Buffer.concat([json, Buffer.from([0, 0, 128, 63])]);

describe("a message in slices", () => {
  it("is read as in one piece", () => {
    expect(assertSame(body, json.byteLength)).toMatchObject({
      id: "é a",
      modelVersion: "1",
      parameters: new Map<string, unknown>([
        ["a", 1n],
        ["c", "x"],
        ["e", true],
      ]),
      tensors: [
        {
          name: "x",
          shape: [2, 2],
          parameters: new Map<string, unknown>([
            ["content_type", "np"],
            ["n", 12345678901234567890n],
          ]),
        },
        { name: "y", data: { raw: Buffer.from([0, 0, 128, 63]) } },
        { name: "z", data: { numbers: 12 } },
        { name: "t" },
        { name: "nothing", shape: [0] },
      ],
      requested: [{ name: "o", parameters: new Map([["binary_data", true]]) }, { name: "p" }],
    });
  });

  it("is rejected as in one piece wherever it is cut or a byte differs", () => {
    for (let at = 0; at < body.byteLength; at++) {
      assertSame(body.subarray(0, at), Math.min(at, json.byteLength), [1 + (at % 5)]);
      const broken = Buffer.from(body);
      broken[at] = bytesOf('"],\x00\xff')[at % 5]!;
      assertSame(broken, json.byteLength, [1 + (at % 7)]);
    }
  });

  it.each([
    ["a name twice in a message", '{"id":"a","inputs":[],"id":"b"}', "a name is repeated"],
    [
      "tensors twice",
      '{"inputs":[{"name":"a","datatype":"INT8","shape":[1],"data":[1]}],"inputs":[]}',
      "a name is repeated",
    ],
    ["a name twice in a tensor", '{"inputs":[{"name":"a","shape":[1],"shape":[1]}]}', "a name is repeated"],
    ["a parameter twice", '{"parameters":{"a":1,"b":[[]],"a":1},"inputs":[]}', "a name is repeated"],
    ["deep lists", '{"inputs":[{"name":"a","data":[[[[[[[1]]]]]]]}]}', "nested deeper than 8"],
    [
      "a list as a size",
      '{"inputs":[{"name":"a","shape":[1,[[2,3],4]]}]}',
      "expected an integer of 0 or more, found [[2,3],4]",
    ],
    ["no list of sizes", '{"inputs":[{"name":"a","shape":{"a":[1]}}]}', "expected a list of sizes"],
    ["many values", `{"inputs":[{"name":"a","data":[${"[],".repeat(200)}1]}]}`, "more than 200 values"],
    ["a byte order mark", "\xef\xbb\xbf{}", "byte order mark"],
    ["no UTF-8", '{"id":"\xc3("}', "not UTF-8"],
    ["a list", "[[1,[2]],3]", "expected a JSON object with inputs"],
    ["more behind it", '{"inputs":[]} {}', "expected nothing more"],
    ["no tensors", '{"outputs":[{"name":"a"}],"x":[[[]]]}', "missing; expected a list of tensors"],
  ])("is refused for %s", (_title, text, message) => {
    expect(String(assertSame(bytesOf(text)))).toContain(message);
  });

  it("knows that a long list holds numbers alone, or that it does not", () => {
    const numbersOf = (last: string): unknown => {
      const data = `[${"1.5,".repeat(500)}${last}]`;
      const text = `{"inputs":[{"name":"a","datatype":"FP64","shape":[501],"data":${data}}]}`;
      const found = assertSame(bytesOf(text)) as { tensors: { data: { numbers: unknown } }[] };
      return found.tensors[0]!.data.numbers;
    };
    expect(numbersOf("2")).toBe(501);
    expect(numbersOf("null")).toBeUndefined();
    expect(numbersOf("NaN")).toBeUndefined();
    expect(numbersOf('"a"')).toBeUndefined();
  });
});

describe("what is long takes more than one turn", () => {
  const longBytes = 1_000_000;
  const listOf = (item: string): string => `[${`${item},`.repeat(longBytes / (item.length + 1))}${item}]`;

  it.each([
    ["elements", (list: string) => `{"inputs":[{"name":"a","datatype":"FP64","shape":[0],"data":${list}}]}`],
    ["a size", (list: string) => `{"inputs":[{"name":"a","shape":[${list}]}]}`],
    ["a parameter", (list: string) => `{"inputs":[],"parameters":{"a":${list}}}`],
    ["a parameter of a tensor", (list: string) => `{"inputs":[{"parameters":{"a":${list}}}]}`],
    ["an unknown member", (list: string) => `{"a":${list},"inputs":[]}`],
  ])("empty lists as %s", async (_title, textOf) => {
    const inference = { form: "rest", body: bytesOf(textOf(listOf("[]"))), jsonBytes: undefined } as const;
    const reading = () => readRestMessage(inference, "inputs", { maxDepth: 64 });
    expect(countSlices(reading()).slices).toBeGreaterThan(25);
    const later = finishInSlices(reading());
    expect(later).toBeInstanceOf(Promise);
    await Promise.allSettled([later]);
  });

  it("an answer that is passed on", () => {
    const answer = { form: "rest", body: bytesOf(`{"outputs":${listOf("[]")}}`), jsonBytes: undefined } as const;
    expect(countSlices(slicesOf(renamingRest(answer, "a", { maxDepth: 64 }))).slices).toBeGreaterThan(25);
  });

  const tensor = (datatype: DatatypeName, shape: number[], text: string): Tensor => {
    const data = { json: bytesOf(text) };
    return { name: "a", datatype: datatypes[datatype], shape, parameters: noParameters, data };
  };
  const count = 100_000;
  const flat = (item: string): string => `[${`${item},`.repeat(count - 1)}${item}]`;
  const cases: readonly (readonly [string, Tensor])[] = [
    ["rows of numbers", tensor("FP64", [count, 1], flat("[1.25]"))],
    ["lists in rows", tensor("FP32", [count, 1, 1], flat("[[1.25]]"))],
    ["floats", tensor("FP64", [count, 1], flat("0.12345"))],
    ["integers", tensor("INT64", [count, 1], flat("1234567"))],
    ["one row of integers", tensor("INT16", [1, count], `[${flat("123")}]`)],
    ["texts", tensor("BYTES", [count, 1], flat('"abc"'))],
  ];

  it.each(cases)("%s: counted, as rows, as raw bytes and as JSON", (_title, long) => {
    if (long.shape.length > 1 && !`${(long.data as { json: Buffer }).json}`.startsWith("[1")) {
      expect(countSlices(assertElementCount(long, "a", 64)).slices).toBeGreaterThan(5);
    }
    const bounds = { maxElements: count, tooMany: () => new Error("too many"), hold: () => {} };
    expect(countSlices(rowsFromTensors([long], [], bounds)).slices).toBeGreaterThan(40);
    const { found: raw, slices } = countSlices(heldAsRaw(long, "a"));
    expect(slices).toBeGreaterThan(20);
    expect(countSlices(heldAsJson(raw as Tensor, "a")).slices).toBeGreaterThan(40);
  });

  it.each(cases)("%s: as predictions, from raw bytes and from JSON", (_title, long) => {
    const raw = countSlices(heldAsRaw(long, "a")).found as Tensor;
    const rows = long.shape[0]!;
    for (const output of [raw, long]) {
      const outputs = [output, { ...output, name: "b", shape: [rows, count / rows, 1] }];
      const answer = { id: "", modelName: "", modelVersion: "", parameters: noParameters };
      const bodyOf = (given: readonly Tensor[]) =>
        countSlices(predictionsBody({ ...answer, outputs: given }, rows, [], Number.MAX_SAFE_INTEGER));
      const { found, slices } = bodyOf(outputs);
      expect(slices).toBeGreaterThan(40);
      const text = (found as { bytes: Buffer }).bytes.toString();
      expect(JSON.parse(text).predictions).toHaveLength(rows);
      expect(bodyOf([outputs[1]!]).slices).toBeGreaterThan(20);
    }
  });

  it("many tensors of one element", () => {
    const many = Array.from({ length: 1000 }, (_, i) => ({ ...tensor("INT8", [1], "[1]"), name: `${i}` }));
    const bounds = { maxElements: count, tooMany: () => new Error("too many"), hold: () => {} };
    expect(countSlices(rowsFromTensors(many, [], bounds)).slices).toBeGreaterThan(10);
  });

  it("what is short does not", () => {
    const rows = JSON.stringify(Array.from({ length: 40 }, (_, i) => Array(10).fill(i / 7)));
    const bounds = { maxElements: count, tooMany: () => new Error("too many"), hold: () => {} };
    for (const [datatype, text] of [
      ["FP64", rows],
      ["FP32", rows],
      ["INT8", rows.replaceAll(/\.\d+/g, "")],
    ] as const) {
      const row = tensor(datatype, [40, 10], text);
      expect(finishInSlices(rowsFromTensors([row], [], bounds))).not.toBeInstanceOf(Promise);
      expect(finishInSlices(heldAsRaw(row, "a"))).not.toBeInstanceOf(Promise);
    }
    const message = { form: "rest", body, jsonBytes: json.byteLength } as const;
    expect(finishInSlices(readRestMessage(message, "inputs", limits))).toEqual(
      finishAtOnce(readRestMessage(message, "inputs", limits)),
    );
  });
});
