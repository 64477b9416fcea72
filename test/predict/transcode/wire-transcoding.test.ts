import { create, fromBinary, fromJson, type JsonValue, toBinary } from "@bufbuild/protobuf";
import { ListValueSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  PredictRequestSchema,
  type PredictResponse,
  PredictResponseSchema,
} from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { predictionResponse, takeRequestBody, versionOf } from "../../../src/api/rpc/predict-messages.ts";
import { maxMessageDepth } from "../../../src/predict/transcode/message-depth.ts";
import {
  type ReadPredictRequest,
  readPredictRequestInSlices,
} from "../../../src/predict/transcode/read-predict-request.ts";
import { FastPathMiss } from "../../../src/predict/transcode/wire.ts";
import { writePredictResponseInSlices } from "../../../src/predict/transcode/write-predict-response.ts";
import type { RegisteredModel } from "../../../src/registry/model.ts";
import { readPredictRequest, scanAnswer, writePredictResponse } from "../../support/at-once.ts";
import { cases } from "../../support/cases.ts";

const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<JsonValue>;
const number = fc.double({ noNaN: true, noDefaultInfinity: true });
const rows = fc.oneof(
  fc.array(fc.array(number, { maxLength: 5 }), { minLength: 1, maxLength: 6 }),
  fc.array(json, { minLength: 1, maxLength: 5 }),
);
const model = { name: "anomaly-detector", namespace: "ns" } as RegisteredModel;

/** What the general decoder makes of the same bytes. */
function generally(bytes: Uint8Array) {
  const request = fromBinary(PredictRequestSchema, bytes);
  const form = request.input.case;
  const body = takeRequestBody(request, false);
  const text = Buffer.from(body instanceof Uint8Array ? body : body.body).toString();
  return { name: request.name, form, body: text };
}

/** What the fast reader makes of them; undefined where it leaves them to the general decoder. */
function quickly(bytes: Uint8Array) {
  try {
    const { name, form, body } = readPredictRequest(bytes, 64);
    return { name, form, body: Buffer.from(body).toString() };
  } catch (error) {
    if (error instanceof FastPathMiss) return undefined;
    throw error;
  }
}

function requestBytes(input: object): Uint8Array {
  return toBinary(PredictRequestSchema, create(PredictRequestSchema, { name: "anomaly-detector", ...input }));
}

describe("a PredictRequest from its bytes", () => {
  it("with instances is the same KServe v1 request as by way of messages", () => {
    let plain = 0;
    fc.assert(
      fc.property(rows, (values) => {
        const bytes = requestBytes({
          input: { case: "instances", value: fromJson(ListValueSchema, values as JsonValue) },
        });
        const quick = quickly(bytes);
        if (quick === undefined) return;
        plain++;
        expect(quick).toEqual(generally(bytes));
      }),
      { numRuns: cases(3000) },
    );
    expect(plain).toBeGreaterThan(cases(2000));
  });

  it("in slices of any size is read as at once, right or broken, and with as many values", async () => {
    const outcome = async (read: () => ReadPredictRequest | Promise<ReadPredictRequest>) => {
      try {
        const { name, body, instanceCount } = await read();
        return [name, instanceCount, Buffer.from(body).toString()];
      } catch (error) {
        return String(error);
      }
    };
    await fc.assert(
      fc.asyncProperty(rows, fc.nat(), fc.integer({ min: 1, max: 30 }), fc.nat(8), async (values, at, size, max) => {
        const bytes = requestBytes({
          input: { case: "instances", value: fromJson(ListValueSchema, values as JsonValue) },
        });
        // One in three is broken somewhere.
        if (at % 3 === 0) bytes[at % bytes.length]! ^= 1;
        const maxValues = max === 0 ? undefined : max;
        const expected = await outcome(() => readPredictRequest(bytes, 64, maxValues));
        expect(await outcome(() => readPredictRequestInSlices(bytes, 64, maxValues, size))).toEqual(expected);
      }),
      { numRuns: cases(1000) },
    );
  });

  it.each([1, 2, 3, 10, 11, 12, 100])("with many rows of %i numbers is the same as by way of messages", (width) => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => Array(width).fill(i + 0.5) as number[]);
    const exact = Math.floor(1024 / width);
    for (const values of [
      many(exact),
      many(exact + 1),
      many(3000 / width),
      [...many(5), Array(width + 1).fill(1), ...many(5)],
      [...many(5), [...Array(width - 1).fill(1), "text"], ...many(5)],
      [...many(5), [], 7, ...many(2), many(3)],
    ] as JsonValue[]) {
      const bytes = requestBytes({ input: { case: "instances", value: fromJson(ListValueSchema, values) } });
      const quick = quickly(bytes);
      expect(quick).toBeDefined();
      expect(quick).toEqual(generally(bytes));
    }
  });

  it("with a tensor is the same KServe v1 request as by way of messages", () => {
    const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(shapes, fc.array(fc.double(), { minLength: 256, maxLength: 256 }), (shape, many) => {
        const values = many.slice(
          0,
          shape.reduce((a, b) => a * b, 1),
        );
        const bytes = requestBytes({ input: { case: "tensor", value: { shape, values } } });
        expect(quickly(bytes)).toEqual(generally(bytes));
      }),
      { numRuns: cases(1000) },
    );
  });

  it("with a body is that body", () => {
    const body = Buffer.from('{"instances":[1]}');
    const bytes = requestBytes({ input: { case: "body", value: body } });
    expect(quickly(bytes)).toEqual({ name: "anomaly-detector", form: "body", body: body.toString() });
  });

  it.each<[string, Uint8Array]>([
    [
      "no name",
      toBinary(
        PredictRequestSchema,
        create(PredictRequestSchema, { input: { case: "body", value: Buffer.from("x") } }),
      ),
    ],
    ["no input", requestBytes({})],
    ["parameters", requestBytes({ input: { case: "body", value: Buffer.from("x") }, parameters: { a: 1 } })],
    ["validate_only", requestBytes({ input: { case: "body", value: Buffer.from("x") }, validateOnly: true })],
    [
      "two inputs",
      Buffer.concat([
        requestBytes({ input: { case: "body", value: Buffer.from("x") } }),
        requestBytes({ input: { case: "tensor", value: { shape: [1], values: [1] } } }),
      ]),
    ],
    ["no instances", requestBytes({ input: { case: "instances", value: { values: [] } } })],
    ["a value without a kind", requestBytes({ input: { case: "instances", value: { values: [{}] } } })],
    ["a tensor that does not fit", requestBytes({ input: { case: "tensor", value: { shape: [2], values: [1] } } })],
    ["a name that is not UTF-8", Buffer.from([0x0a, 1, 0xff, 0x22, 1, 0x78])],
    [
      "an unknown field",
      Buffer.concat([requestBytes({ input: { case: "body", value: Buffer.from("x") } }), Buffer.from([0x7a, 1, 0])]),
    ],
  ])("with %s is left to the general decoder", (_name, bytes) => {
    expect(quickly(bytes)).toBeUndefined();
  });

  it("never disagrees with the general decoder on bytes that were cut or changed", () => {
    fc.assert(
      fc.property(rows, fc.nat(), fc.nat(255), fc.boolean(), (values, at, byte, cut) => {
        const bytes = Buffer.from(
          requestBytes({ input: { case: "instances", value: fromJson(ListValueSchema, values as JsonValue) } }),
        );
        const changed = cut ? bytes.subarray(0, at % bytes.length) : bytes;
        if (!cut) changed[at % changed.length] = byte;
        const quick = quickly(changed);
        if (quick !== undefined) expect(quick).toEqual(generally(changed));
      }),
      { numRuns: cases(20_000) },
    );
  });
});

describe("a PredictResponse written from JSON text", () => {
  it.each(["instances", "tensor"] as const)("as %s in slices of any size is the same as at once", async (form) => {
    const words = { name: "m", version: "v1" };
    const predictions =
      form === "tensor" ? fc.array(fc.array(number, { minLength: 2, maxLength: 2 }), { minLength: 1 }) : json;
    const members = fc.dictionary(fc.string({ maxLength: 3 }), json, { maxKeys: 3 });
    await fc.assert(
      fc.asyncProperty(predictions, members, fc.integer({ min: 1, max: 60 }), async (values, others, size) => {
        const answer = scanAnswer(
          Buffer.from(JSON.stringify({ ...others, predictions: values ?? [], model_name: "x" }, undefined, size % 3)),
          { count: undefined, keys: ["predictions"], problem: undefined },
          64,
        );
        const expected = writePredictResponse(words, answer, form);
        expect(await writePredictResponseInSlices(words, answer, form, size)).toEqual(expected);
      }),
      { numRuns: cases(1000) },
    );
  });

  it.each(["[", '{"a":'])("nested by %s, with long texts in it, is the same in slices", async (open) => {
    const close = open === "[" ? "]" : "}";
    const long = JSON.stringify("a".repeat(20_000));
    for (const depth of [1, 2, 29, 30, 40, 45]) {
      const text = `{"predictions":[${open.repeat(depth)}${open === "[" ? `${long},1,` : ""}${long}${close.repeat(depth)}]}`;
      const answer = scanAnswer(Buffer.from(text), { count: 1, keys: ["predictions"], problem: undefined }, 64);
      const words = { name: "m", version: "" };
      const isTooDeep = 3 + depth * (open === "[" ? 2 : 3) > maxMessageDepth;
      for (const size of [1, 100, 4000]) {
        const writing = (async () => writePredictResponseInSlices(words, answer, "instances", size))();
        if (isTooDeep) await expect(writing).rejects.toMatchObject({ reason: "MODEL_BAD_ANSWER" });
        else expect(await writing).toEqual(writePredictResponse(words, answer, "instances"));
      }
    }
  });

  const write = (text: string, count: number, form: "instances" | "tensor" | "body") => {
    const bytes = Buffer.from(text);
    const answer = scanAnswer(bytes, { count: count, keys: ["predictions"], problem: undefined }, 64);
    const general = (): PredictResponse => predictionResponse({ model, answer, attempts: 1 }, form);
    let quick: PredictResponse | undefined;
    try {
      quick = fromBinary(
        PredictResponseSchema,
        writePredictResponse({ name: model.name, version: versionOf({ model, answer }) }, answer, form),
      );
    } catch (error) {
      if (!(error instanceof FastPathMiss)) throw error;
    }
    return { quick, general };
  };

  it("is the same as by way of messages", () => {
    let plain = 0;
    fc.assert(
      fc.property(rows, fc.boolean(), (values, named) => {
        const text = JSON.stringify({ predictions: values, ...(named ? { model_name: "x" } : {}) });
        const { quick, general } = write(text, values.length, "instances");
        if (quick === undefined) return;
        plain++;
        expect(quick).toEqual(general());
      }),
      { numRuns: cases(3000) },
    );
    expect(plain).toBeGreaterThan(cases(2000));
  });

  it.each([
    '{"predictions":[NaN,Infinity,-Infinity,1e999,-1e999,null]}',
    '{"predictions":[[NaN],[-0,0,5e-324]]}',
    '{ "predictions" : [ 1 , [ ] , { } , "é\\u00e9" ] }',
    '{"predictions":{"a":[true,false,{"b":null}]}}',
    '{"predictions":[{"b":1,"1":2}]}',
    '{"predictions":[{"b":1,"b":2}],"x":1,"x":[2]}',
    '{"model_version":"1","1":NaN,"predictions":[1],"x":{"y":[-1e999]},"model_name":"m"}',
  ])("carries %s as by way of messages", (text) => {
    const count = JSON.parse(text.replaceAll(/-?(NaN|Infinity)/g, "0")).predictions.length;
    const { quick, general } = write(text, count, "instances");
    expect(quick).toEqual(general());
  });

  it("with a tensor is the same as by way of messages", () => {
    fc.assert(
      fc.property(fc.array(fc.array(number, { minLength: 2, maxLength: 2 }), { minLength: 1 }), (values) => {
        const { quick, general } = write(JSON.stringify({ predictions: values }), values.length, "tensor");
        expect(quick).toEqual(general());
      }),
    );
  });

  it("with a tensor of which not all is finite is the same as by way of messages", () => {
    const text = fc.oneof(
      number.map(String),
      fc.constantFrom("null", "NaN", "Infinity", "-Infinity", "1e999", "-1e999"),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { minLength: 1 }), (values) => {
        const lists = values.map((row) => `[${row}]`);
        const { quick, general } = write(`{"predictions":[${lists}]}`, values.length, "tensor");
        expect(quick).toEqual(general());
      }),
    );
  });

  it.each(["instances", "tensor", "body"] as const)("with a version equals the general one, as %s", (form) => {
    for (const version of ['"2"', "7", '"ü"', "null", "[1]"]) {
      const { quick, general } = write(`{"predictions":[1],"model_version":${version}}`, 1, form);
      expect(quick).toEqual(general());
    }
  });

  it.each<[string, string, "instances" | "tensor" | "body"]>([
    ["a tensor of texts", '{"predictions":["a"]}', "tensor"],
    ["values too deep", `{"predictions":[${"[".repeat(50)}${"]".repeat(50)}]}`, "instances"],
  ])("with %s is left to the general encoder", (_name, text, form) => {
    expect(write(text, 1, form).quick).toBeUndefined();
  });
});

describe("a double", () => {
  const bits = new DataView(new ArrayBuffer(8));
  const anyBits = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => {
    bits.setBigUint64(0, value);
    return bits.getFloat64(0);
  });
  const decimal = fc.tuple(fc.maxSafeInteger(), fc.nat(22)).map(([mantissa, scale]) => mantissa / 10 ** scale);
  const special = fc.constantFrom(0, -0, 5e-324, -2.2250738585072014e-308, 2 ** 53 + 2, 1e21, 1e-7, Number.MAX_VALUE);
  const finite = fc.oneof(anyBits, decimal, fc.double(), special).filter(Number.isFinite);

  /** Sends numbers as a request, takes its rows for predictions, and reads them off the response. */
  function thereAndBack(values: number[], form: "instances" | "tensor"): number[] {
    const cell = (value: number) => ({ kind: { case: "numberValue", value } });
    const row = (value: number) => ({ kind: { case: "listValue", value: { values: [cell(value)] } } });
    const input =
      form === "instances"
        ? { case: "instances", value: { values: values.map(row) } }
        : { case: "tensor", value: { shape: [values.length, 1], values } };
    const { body } = readPredictRequest(requestBytes({ input }), 64);
    const answer = Buffer.from(Buffer.from(body).toString().replace("instances", "predictions"));
    const expected = { count: values.length, keys: ["predictions"], problem: undefined };
    const scanned = scanAnswer(answer, expected, 64);
    const bytes = writePredictResponse(
      { name: model.name, version: versionOf({ model, answer: scanned }) },
      scanned,
      form,
    );
    const { output } = fromBinary(PredictResponseSchema, bytes);
    if (output.case === "tensor") return output.value.values;
    const found = output.case === "predictions" ? output.value.kind : undefined;
    if (found?.case !== "listValue") throw new Error("no list");
    return found.value.values.map(({ kind }) => {
      const cell = kind.case === "listValue" ? kind.value.values[0]!.kind : kind;
      return cell.case === "numberValue" ? cell.value : Number.NaN;
    });
  }

  it.each(["instances", "tensor"] as const)("survives the way to JSON and back bit for bit, as %s", (form) => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1, maxLength: 10 }), (values) => {
        const found = thereAndBack(values, form);
        expect(found.length).toBe(values.length);
        for (const [i, value] of values.entries()) expect(found[i]).toBe(value);
      }),
      { numRuns: cases(5000) },
    );
  });
});
