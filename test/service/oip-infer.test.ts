import { describe, expect, it } from "vitest";
import { predict } from "../support/fake-upstream.ts";
import { httpVersions, jsonOf, send } from "../support/http-client.ts";
import { model, startRegistry } from "../support/running-service.ts";

const path = `/v2/models/${model}/infer`;

interface Row {
  readonly title: string;
  readonly features?: readonly unknown[];
  readonly inputs: readonly unknown[];
  /** What the model gets as its instances. */
  readonly rows: string;
}

function tensor(name: string, datatype: string, shape: readonly number[], data: unknown): object {
  return { name, datatype, shape, data };
}

const ab = ["a", "b"];
const typed = [
  { name: "age", type: "integer" },
  { name: "city", type: "string" },
  { name: "vip", type: "boolean" },
];

const rowsOf: readonly Row[] = [
  { title: "one tensor", inputs: [tensor("x", "FP64", [2, 2], [1, 2, 3, 4.5])], rows: "[[1.0,2.0],[3.0,4.5]]" },
  { title: "one nested tensor", inputs: [tensor("x", "INT32", [2, 1], [[1], [2]])], rows: "[[1],[2]]" },
  { title: "one tensor of any name", features: ab, inputs: [tensor("x", "INT64", [1, 2], [1, 2])], rows: "[[1,2]]" },
  {
    title: "a tensor for each feature, in any order",
    features: ab,
    inputs: [tensor("b", "INT64", [2], [3, 4]), tensor("a", "INT64", [2, 1], [1, 2])],
    rows: "[[1,3],[2,4]]",
  },
  {
    title: "tensors of several types",
    features: typed,
    inputs: [
      tensor("age", "FP32", [2], [41, 42]),
      tensor("city", "BYTES", [2, 1], ["Bonn", 'K"ö']),
      tensor("vip", "BOOL", [2], [true, false]),
    ],
    rows: '[[41,"Bonn",true],[42,"K\\"ö",false]]',
  },
  {
    title: "a feature with a default left out",
    features: [{ name: "a" }, { name: "b", default: 7 }],
    inputs: [tensor("a", "INT8", [2], [-1, 1])],
    rows: "[[-1,7],[1,7]]",
  },
  {
    title: "several tensors of a model that declares nothing",
    inputs: [tensor("a", "INT8", [2], [1, 2]), tensor("img", "FP64", [2, 2], [1, 2, 3, 4])],
    rows: '[{"a":1,"img":[1.0,2.0]},{"a":2,"img":[3.0,4.0]}]',
  },
  {
    title: "integers beyond 2^53, to the last digit",
    inputs: [tensor("a", "INT64", [1, 1], ["DIGITS"])],
    rows: "[[9007199254740993]]",
  },
  { title: "missing numbers", inputs: [tensor("a", "FP64", [1, 3], [null, "NaN", 1])], rows: "[[null,null,1.0]]" },
  {
    title: "floats as they are in 32 bits",
    inputs: [tensor("a", "FP32", [1, 1], [0.1])],
    rows: "[[0.10000000149011612]]",
  },
  { title: "halves", inputs: [tensor("a", "FP16", [1, 2], [0.5, 65504])], rows: "[[0.5,65504.0]]" },
  { title: "one feature, by a list", features: ["a"], inputs: [tensor("a", "INT8", [2], [1, 2])], rows: "[[1],[2]]" },
];

const refused: readonly (readonly [string, readonly unknown[] | undefined, unknown, string])[] = [
  [
    "a row without its count",
    ab,
    [tensor("input-0", "FP64", [2], [1, 2])],
    "input-0: shape [2] is not [n,2]; send [1,2]",
  ],
  ["a row too wide", ab, [tensor("x", "FP64", [1, 3], [1, 2, 3])], "x: shape [1,3] is not [n,2]"],
  ["a list that could be both", undefined, [tensor("x", "FP64", [2], [1, 2])], "send [1,2] or [2,1]"],
  [
    "an unknown input",
    ab,
    [tensor("a", "FP64", [1], [1]), tensor("c", "FP64", [1], [1])],
    "c: is not an input of the model",
  ],
  ["a missing input", ab, [tensor("a", "FP64", [1], [1])], "inputs: b is missing; the model takes a, b"],
  ["an input twice", ab, [tensor("a", "FP64", [1], [1]), tensor("a", "FP64", [1], [1])], "a: is repeated"],
  ["uneven inputs", ab, [tensor("a", "FP64", [1], [1]), tensor("b", "FP64", [2], [1, 2])], "b: has 2 rows"],
  ["a fraction for an integer", typed.slice(0, 1), [tensor("age", "FP64", [1], [1.5])], "expected a whole number"],
  ["too few elements", ab, [tensor("x", "FP64", [1, 2], [1])], "inputs[0].data: has 1 elements"],
  ["another nesting", ab, [tensor("x", "FP64", [1, 2], [[1], [2]])], "inputs[0].data"],
  ["an integer out of range", ab, [tensor("x", "INT8", [1, 2], [1, 300])], "found 300"],
  ["a text for a number", ab, [tensor("x", "FP64", [1, 2], [1, "a"])], 'found "a"'],
  ["an unknown datatype", ab, [tensor("x", "fp64", [1, 2], [1, 2])], '"fp64" is unknown'],
  ["a negative size", ab, [tensor("x", "FP64", [-1, 2], [1, 2])], "expected an integer of 0 or more, found -1"],
  ["no rows", ab, [tensor("x", "FP64", [0, 2], [])], "is empty; expected at least one row"],
  ["no inputs", ab, [], "inputs: is empty"],
  ["no list of inputs", ab, undefined, "inputs: missing"],
  ["a shape that overflows", ab, [tensor("x", "FP64", [4294967296, 4294967296, 2], [1])], "inputs[0]"],
];

function bodyOf(inputs: unknown): string {
  return JSON.stringify({ inputs }).replace('"DIGITS"', "9007199254740993");
}

describe("tensors for a model of KServe v1", () => {
  it.each(rowsOf)("become rows: $title", async ({ features, inputs, rows }) => {
    const { url, upstream } = await startRegistry({
      models: [{ name: model, ...(features === undefined ? {} : { inputFeatures: features }) }],
    });
    const answer = await send("1.1", { url, path, body: bodyOf(inputs) });
    expect([answer.status, upstream.predictions.at(-1)?.body.toString()]).toEqual([200, `{"instances":${rows}}`]);
  });

  it.each(refused)("are refused with %s", async (_title, features, inputs, words) => {
    const { url, upstream } = await startRegistry({
      models: [{ name: model, ...(features === undefined ? {} : { inputFeatures: features }) }],
    });
    const answer = await send("1.1", { url, path, body: bodyOf(inputs) });
    expect([answer.status, jsonOf(answer)]).toEqual([400, { error: expect.stringContaining(words) }]);
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(upstream.predictions).toEqual([]);
  });

  it("are refused where more lists stand around the elements than may be counted", async () => {
    const { url, upstream } = await startRegistry();
    const lists = `[${"[],".repeat(2_000_000)}[]]`;
    const inputs = `[{"name":"x","datatype":"FP64","shape":[2000001,0],"data":${lists}}]`;
    const answer = await send("1.1", { url, path, body: `{"inputs":${inputs}}` });
    expect([answer.status, jsonOf(answer)]).toEqual([
      413,
      {
        error:
          "The request has more than 250000 values besides rows of numbers (five times MAX_MESSAGE_VALUES); send fewer instances at a time",
      },
    ]);
    expect(upstream.predictions).toEqual([]);
  });

  it.each<[string, unknown, unknown]>([
    ["numbers", [0, 1.5], [tensor("output-0", "FP64", [2], [0, 1.5])]],
    [
      "lists",
      [
        [0.9, 0.1],
        [0.2, 0.8],
      ],
      [
        tensor(
          "output-0",
          "FP64",
          [2, 2],
          [
            [0.9, 0.1],
            [0.2, 0.8],
          ],
        ),
      ],
    ],
    ["texts", ["up", "down"], [tensor("output-0", "BYTES", [2], ["up", "down"])]],
    ["booleans", [true, false], [tensor("output-0", "BOOL", [2], [true, false])]],
    ["missing numbers", [null, 1], [tensor("output-0", "FP64", [2], [null, 1])]],
    ["long fractions", [0.12345678901234568, -1], [tensor("output-0", "FP64", [2], [0.12345678901234568, -1])]],
    [
      "objects",
      [
        { s: 1, l: "up" },
        { l: "down", s: 2 },
      ],
      [tensor("s", "FP64", [2], [1, 2]), tensor("l", "BYTES", [2], ["up", "down"])],
    ],
    [
      "anything else",
      [{ s: 1 }, [2]],
      [{ ...tensor("output-0", "BYTES", [2], ['{"s":1}', "[2]"]), parameters: { content_type: "str" } }],
    ],
  ])("are made of predictions: %s", async (_title, predictions, outputs) => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, predict(predictions));
    const answer = await send("1.1", { url, path, body: bodyOf([tensor("x", "FP64", [2, 1], [1, 2])]) });
    expect([answer.status, jsonOf(answer)]).toEqual([200, { model_name: model, outputs }]);
  });
});

describe("integers beyond 2^53 in predictions", () => {
  it.each([
    ["keep their digits", "[9007199254740993,-1]", "INT64", "[9007199254740993,-1]"],
    ["keep those that only UINT64 holds", "[18446744073709551615,1]", "UINT64", "[18446744073709551615,1]"],
    ["of objects keep them", '[{"a":-9223372036854775808},{"a":1}]', "INT64", "[-9223372036854775808,1]"],
    ["are FP64 beside a fraction", "[9007199254740993,0.5]", "FP64", "[9007199254740993,0.5]"],
    ["are FP64 beside a missing number", "[9007199254740993,null]", "FP64", "[9007199254740993,null]"],
    ["are FP64 where no integer holds them", "[18446744073709551616,-1]", "FP64", "[18446744073709551616,-1]"],
  ])("%s", async (_title, predictions, datatype, data) => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, { run: ({ response }) => void response.end(`{"predictions":${predictions}}`) });
    const answer = await send("1.1", { url, path, body: bodyOf([tensor("x", "FP64", [2, 1], [1, 2])]) });
    expect([answer.status, answer.body]).toEqual([
      200,
      expect.stringContaining(`"shape":[2],"datatype":"${datatype}","data":${data}`),
    ]);
  });
});

describe.each(httpVersions)("an inference request over HTTP/%s", (version) => {
  const inputs = [tensor("x", "FP64", [2, 1], [1, 2])];

  it.each([
    undefined,
    "application/json",
    "application/octet-stream",
    "text/plain",
    "application/x-www-form-urlencoded",
  ])("is read as JSON with content type %s", async (contentType) => {
    const { url } = await startRegistry();
    const headers: Record<string, string> = contentType === undefined ? {} : { "content-type": contentType };
    expect((await send(version, { url, path: `${path}/`, headers, body: bodyOf(inputs) })).status).toBe(200);
  });

  it("gets its id back, and the outputs that it names in their order", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(
      model,
      predict([
        { a: 1, b: 2, c: 3 },
        { a: 4, b: 5, c: 6 },
      ]),
    );
    const body = JSON.stringify({ id: "42", inputs, outputs: [{ name: "c" }, { name: "a" }] });
    const answer = jsonOf(await send(version, { url, path, body }));
    expect(answer).toEqual({
      model_name: model,
      id: "42",
      outputs: [tensor("c", "FP64", [2], [3, 6]), tensor("a", "FP64", [2], [1, 4])],
    });
    const unknown = await send(version, { url, path, body: JSON.stringify({ inputs, outputs: [{ name: "z" }] }) });
    expect([unknown.status, jsonOf(unknown)]).toEqual([
      400,
      { error: 'outputs[0].name: the model has no output "z"; it answers a, b, c' },
    ]);
  });

  const binary = (tail: Uint8Array, more: object = {}, size = tail.byteLength) => {
    const head = JSON.stringify({
      inputs: [{ name: "x", datatype: "FP32", shape: [2, 1], parameters: { binary_data_size: size } }],
      ...more,
    });
    return {
      headers: { "inference-header-content-length": String(head.length), "content-type": "application/json" },
      body: Buffer.concat([Buffer.from(head), tail]),
    };
  };
  const two = Buffer.from(Float32Array.of(1, 2).buffer);

  it("may have binary tensors, and ask for them", async () => {
    const { url, upstream } = await startRegistry();
    const asked = binary(two, { parameters: { binary_data_output: true } });
    const answer = await send(version, { url, path, ...asked, encoding: "latin1" });
    expect(upstream.predictions[0]?.body.toString()).toBe('{"instances":[[1.0],[2.0]]}');
    const jsonBytes = Number(answer.headers["inference-header-content-length"]);
    expect([answer.status, answer.headers["content-type"]]).toEqual([200, "application/octet-stream"]);
    expect(JSON.parse(answer.body.slice(0, jsonBytes))).toEqual({
      model_name: model,
      outputs: [{ name: "output-0", shape: [2], datatype: "FP64", parameters: { binary_data_size: 16 } }],
    });
    expect([...new Float64Array(new Uint8Array(Buffer.from(answer.body.slice(jsonBytes), "latin1")).buffer)]).toEqual([
      0, 1,
    ]);
  });

  it("has the outputs as JSON that it names without asking for blocks", async () => {
    const { url } = await startRegistry();
    const more = { parameters: { binary_data_output: true }, outputs: [{ name: "output-0" }] };
    const answer = await send(version, { url, path, ...binary(two, more) });
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(jsonOf(answer)).toMatchObject({ outputs: [{ data: [0, 1] }] });
  });

  it.each([
    ["a block too short", binary(two.subarray(4)), "has 4 bytes of data"],
    ["a size beyond the body", binary(two, {}, 16), "is 16, and 8 bytes are left"],
    ["bytes behind the blocks", binary(Buffer.concat([two, two]), {}, 8), "8 bytes behind the JSON"],
    [
      "a header beyond the body",
      { body: "{}", headers: { "inference-header-content-length": "9" } },
      "fewer than the 9",
    ],
    ["a header of 0", { body: "{}", headers: { "inference-header-content-length": "0" } }, "1 or more"],
    ["a header of words", { body: "{}", headers: { "inference-header-content-length": "1e3" } }, "1 or more"],
    ["no body", { body: "" }, "not JSON"],
    ["broken JSON", { body: '{"inputs"' }, "not JSON"],
    ["two members of one name", { body: '{"inputs":[],"inputs":[]}' }, "is repeated"],
  ])("is refused with %s", async (_title, request, words) => {
    const { url, upstream } = await startRegistry();
    const answer = await send(version, { url, path, method: "POST", ...request });
    expect([answer.status, jsonOf(answer)]).toEqual([400, { error: expect.stringContaining(words) }]);
    expect(upstream.predictions).toEqual([]);
  });

  it("of an unknown version is not served", async () => {
    const { url } = await startRegistry();
    for (const part of ["", "/ready", "/infer"]) {
      const body = part === "/infer" ? { body: bodyOf(inputs) } : {};
      const answer = await send(version, { url, path: `/v2/models/${model}/versions/3${part}`, ...body });
      expect([answer.status, jsonOf(answer)]).toEqual([404, { error: expect.stringContaining("has no version 3") }]);
    }
  });

  it("finds what a model takes and answers", async () => {
    const { url } = await startRegistry({
      models: [
        { name: "plain" },
        { name: "numbers", inputFeatures: ["a", "b"], outputFormat: { shape: [3] } },
        { name: "mixed", inputFeatures: typed, outputFormat: { field: "p" } },
      ],
    });
    const of = async (name: string): Promise<unknown> =>
      jsonOf(await send(version, { url, path: `/v2/models/${name}` }));
    const described = (name: string, datatype: string, shape: readonly number[]) => ({ name, datatype, shape });
    const nothing = { versions: [], platform: "", inputs: [], outputs: [] };
    expect(await of("plain")).toEqual({ ...nothing, name: "plain" });
    expect(await of("numbers")).toEqual({
      ...nothing,
      name: "numbers",
      inputs: [described("input-0", "FP64", [-1, 2])],
      outputs: [described("output-0", "FP64", [-1, 3])],
    });
    expect(await of("mixed")).toEqual({
      ...nothing,
      name: "mixed",
      inputs: [
        described("age", "INT64", [-1, 1]),
        described("city", "BYTES", [-1, 1]),
        described("vip", "BOOL", [-1, 1]),
      ],
      outputs: [described("p", "FP64", [-1])],
    });
  });
});
