import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseNumber } from "../../../src/predict/json/parse-number.ts";
import { featureSetOf } from "../../../src/predict/rows/feature-set.ts";
import { parseModelEntry } from "../../../src/registry/model-entry.ts";
import { RegistryError } from "../../../src/registry/registry-error.ts";
import { checkRequest } from "../../support/at-once.ts";
import { cases } from "../../support/cases.ts";

const features = [
  { name: "load", type: "number", min: 0, max: 100, unit: "percent" },
  { name: "cores", type: "integer", default: 4 },
  { name: "hot", type: "boolean", nullable: true },
  { name: "zone", type: "string", values: ["a", "b"] },
  "any",
];

function send(body: string, fields: object = { inputFeatures: features }): string {
  const { entry, problems } = parseModelEntry({ name: "m", service: "m", type: "anomaly", ...fields }, "ns");
  if (entry === undefined) throw new Error(JSON.stringify(problems));
  return Buffer.from(checkRequest(Buffer.from(body), featureSetOf(entry), { maxJsonDepth: 32 }).body).toString();
}

function violations(rows: string, fields?: object): string[] {
  try {
    send(`{"instances":${rows}}`, fields);
  } catch (error) {
    if (error instanceof RegistryError) return error.violations.map((v) => `${v.field}: ${v.description}`);
    throw error;
  }
  return [];
}

describe("rows of declared features", () => {
  it.each([
    '[[0,4,true,"a",{"x":[1]}]]',
    '[[100,-3,null,"b",null]]',
    '[[1e1,4e0,NaN,"a","x"]]',
    '[[99.99999999999999,9007199254740993,false,"a",1]]',
  ])("that fit go on byte for byte: %s", (rows) => {
    const body = `{"instances":${rows}}`;
    expect(send(body)).toBe(body);
  });

  it.each([
    ["[[1],[1.0],[10e-1],[0.5]]", []],
    ["[[9007199254740992.0]]", []],
    ["[[9007199254740993]]", ["instances[0].x: expected one of 1, 0.5, 9007199254740992; found 9007199254740993"]],
    [
      "[[1.00000000000000000001]]",
      ["instances[0].x: expected one of 1, 0.5, 9007199254740992; found 1.00000000000000000001"],
    ],
  ])("that must be one of some numbers are compared by their digits: %s", (rows, expected) => {
    const x = { name: "x", type: "number", values: [1, 0.5, 9007199254740992] };
    expect(violations(rows, { inputFeatures: [x] })).toEqual(expected);
  });

  it.each([
    ['[["1",4,true,"a",0]]', ['instances[0].load: expected a number; found "1"']],
    ['[[null,4,true,"a",0]]', ["instances[0].load: expected a value; null is not allowed"]],
    ['[[NaN,4,true,"a",0]]', ["instances[0].load: expected a value; null is not allowed"]],
    ['[[Infinity,4,true,"a",0]]', ["instances[0].load: expected a number; found Infinity"]],
    ['[[-0.1,4,true,"a",0]]', ["instances[0].load: -0.1 is below the limit of 0 percent"]],
    [
      '[[100.00000000000001,4,true,"a",0]]',
      ["instances[0].load: 100.00000000000001 is above the limit of 100 percent"],
    ],
    ['[[1,4.5,true,"a",0]]', ["instances[0].cores: expected a whole number; found 4.5"]],
    ['[[1,4,0,"a",0]]', ["instances[0].hot: expected true or false; found 0"]],
    ['[[1,4,true,"c",0]]', ['instances[0].zone: expected one of "a", "b"; found "c"']],
    ["[[1,4,true,5,0]]", ["instances[0].zone: expected a string; found 5"]],
    [
      '[[1,4,true,"a",0],[[],{},"x",null,0]]',
      [
        "instances[1].load: expected a number; found []",
        "instances[1].cores: expected a whole number; found {}",
        'instances[1].hot: expected true or false; found "x"',
        "instances[1].zone: expected a value; null is not allowed",
      ],
    ],
    [
      '[[[1,NaN],4,true,{"NaN":-Infinity},[Infinity]]]',
      [
        "instances[0].load: expected a number; found [1,null]",
        'instances[0].zone: expected a string; found {"NaN":null}',
      ],
    ],
    ['[{"load":1,"hot":true,"zone":"a"}]', ["instances[0].any: is missing"]],
  ])("that do not fit are named cell by cell: %s", (rows, expected) => {
    expect(violations(rows)).toEqual(expected);
  });

  it("are the same bytes for the model whatever the order of their names, and defaults fill what is left out", () => {
    const row = { load: "5", cores: "8", hot: "null", zone: '"a"', any: "[1]" };
    fc.assert(
      fc.property(fc.shuffledSubarray(Object.entries(row), { minLength: 5 }), (members) => {
        expect(send(`{"instances":[{${members.map(([k, v]) => `"${k}":${v}`).join(",")}}]}`)).toBe(
          '{"instances":[[5,8,null,"a",[1]]]}',
        );
      }),
    );
    expect(send('{"instances":[{"load":5,"hot":true,"zone":"a","any":0}]}')).toBe('{"instances":[[5,4,true,"a",0]]}');
  });

  it("may mix rows by position and by name", () => {
    const named = '{"y":2,"x":1}';
    const fields = { inputFeatures: ["x", "y"] };
    expect(send(`{"instances":[[3,4], ${named} ,[5,6],${named}]}`, fields)).toBe(
      '{"instances":[[3,4],[1,2],[5,6],[1,2]]}',
    );
  });

  it.each([
    ["array", '{"k":0,"instances":[[1,"a\\u00e9"],[2,"b"]],"z":1}', "instances"],
    ["record", '{"k":0,"instances":[{"x":1,"y z":"a\\u00e9"},{"x":2,"y z":"b"}],"z":1}', "instances"],
    ["record-of-lists", '{"k":0,"instances":[{"x":[1],"y z":["a\\u00e9"]},{"x":[2],"y z":["b"]}],"z":1}', "instances"],
    ["columnar", '{"k":0,"inputs":{"x":[1,2],"y z":["a\\u00e9","b"]},"z":1}', "inputs"],
  ])("reach a model that wants %s in that form", (inputFormat, expected) => {
    const fields = { inputFeatures: ["x", "y z"], inputFormat };
    expect(send('{"k":0,"instances":[[1,"a\\u00e9"],{"y z":"b","x":2}],"z":1}', fields)).toBe(expected);
  });

  it("cannot be sent as columns beside other columns", () => {
    const run = () => send('{"inputs":1,"instances":[[1]]}', { inputFeatures: ["x"], inputFormat: "columnar" });
    expect(run).toThrow("inputs: not here");
  });
});

describe("parseNumber", () => {
  it("gives the double that JSON.parse gives, for every number", () => {
    const texts = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => JSON.stringify(n)),
      fc.tuple(fc.integer(), fc.nat(999_999)).map(([a, b]) => `${a}.${b}`),
      fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }).map(String),
      fc.tuple(fc.integer(), fc.integer({ min: -400, max: 400 })).map(([a, e]) => `${a}e${e}`),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const bytes = Buffer.from(` ${text} `);
        expect(Object.is(parseNumber(bytes, 1, bytes.length - 1), JSON.parse(text)), text).toBe(true);
      }),
      { numRuns: cases(20_000) },
    );
  });
});
