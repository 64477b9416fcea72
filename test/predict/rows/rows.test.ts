import { create, fromJson, type JsonValue, toBinary } from "@bufbuild/protobuf";
import { ListValueSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PredictRequestSchema } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { finishAtOnce } from "../../../src/base/in-slices.ts";
import { checkRequestInSlices } from "../../../src/predict/check-request.ts";
import { type FeatureSet, featureSetOf } from "../../../src/predict/rows/feature-set.ts";
import type { InputFeature, ModelEntry } from "../../../src/registry/model.ts";
import { RegistryError } from "../../../src/registry/registry-error.ts";
import { checkRequest, readPredictRequest } from "../../support/at-once.ts";
import { cases } from "../../support/cases.ts";
import { countSlices } from "../../support/count-slices.ts";

const features = [
  { name: "a", type: "number", min: 0, max: 10 },
  { name: "b", type: "integer" },
  { name: "c", type: "number" },
] as InputFeature[];
const model = { inputFeatures: features, inputFormat: "array" } as unknown as ModelEntry;
const set = featureSetOf(model)!;
const { ranges } = set;

/** Whether the quick look and the check of the body take the rows of a request. */
function verdicts(input: object): { quick: boolean; checked: boolean } {
  const message = create(PredictRequestSchema, { name: "m", input: input as never });
  const { body, rows } = readPredictRequest(toBinary(PredictRequestSchema, message), 64);
  let checked = true;
  try {
    checkRequest(body, featureSetOf(model), { maxJsonDepth: 64 });
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    checked = false;
  }
  return { quick: finishAtOnce(rows!.fit(ranges!)), checked };
}

const list = (rows: unknown) => ({ case: "instances", value: fromJson(ListValueSchema, rows as JsonValue) });
const good = fc.tuple(
  fc.double({ min: 0, max: 10, noNaN: true }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const cell = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -1, max: 11 }),
  fc.constant(null),
);
const anyRow = fc.oneof(
  good,
  fc.array(cell, { minLength: 1, maxLength: 4 }),
  fc.dictionary(fc.constantFrom("a", "b", "c"), cell),
);

describe("a look at rows where they lie", () => {
  it.each(["instances", "tensor"] as const)("is no longer than a turn, however many there are as %s", async (form) => {
    const requestOf = (last: number) => {
      const rows = Array.from({ length: 50_000 }, (_, i) => [i === 49_999 ? last : i % 10, i, i / 7]);
      const tensor = { case: "tensor", value: { shape: [rows.length, 3], values: rows.flat() } };
      const message = create(PredictRequestSchema, {
        name: "m",
        input: (form === "tensor" ? tensor : list(rows)) as never,
      });
      return readPredictRequest(toBinary(PredictRequestSchema, message), 64);
    };
    const check = ({ body, rows, instanceCount }: ReturnType<typeof requestOf>) =>
      checkRequestInSlices({ body, rows, instanceCount: instanceCount! }, set, { maxJsonDepth: 64 });
    const good = requestOf(10);
    expect(countSlices(good.rows!.fit(ranges!))).toMatchObject({
      found: true,
      slices: expect.toSatisfy((n) => n > 50),
    });
    const checked = check(good);
    expect(checked).toBeInstanceOf(Promise);
    expect((await checked).body).toBe(good.body);
    await expect(check(requestOf(11))).rejects.toThrow("instances[49999].a");
  });

  it("takes rows of numbers that fit, as lists and as a tensor", () => {
    fc.assert(
      fc.property(fc.array(good, { minLength: 1, maxLength: 20 }), (rows) => {
        expect(verdicts(list(rows))).toEqual({ quick: true, checked: true });
        const tensor = { case: "tensor", value: { shape: [rows.length, 3], values: rows.flat() } };
        expect(verdicts(tensor)).toEqual({ quick: true, checked: true });
      }),
    );
  });

  it("takes no rows that the check of the body would refuse", () => {
    fc.assert(
      fc.property(fc.array(anyRow, { minLength: 1, maxLength: 5 }), (rows) => {
        const { quick, checked } = verdicts(list(rows));
        if (quick) expect(checked).toBe(true);
      }),
      { numRuns: cases(3000) },
    );
  });

  it("takes no JSON rows that the full check would refuse, however they are written", () => {
    const text = fc.oneof(
      fc.array(anyRow, { minLength: 1, maxLength: 4 }).map((rows) => JSON.stringify(rows)),
      fc.array(good, { minLength: 1, maxLength: 4 }).map((rows) => JSON.stringify(rows, undefined, 1)),
      fc.constantFrom(
        "[[10.0000000000000000001,1,1]]",
        "[[9.99999999999999999999,1,1]]",
        "[[0.000000000000000000000000001,1,1]]",
        "[[1e1,1,1]]",
        "[[1,123456789.5,1]]",
        "[[1,1234567890.5,1]]",
        "[[1,123456789.0,123456789.5]]",
        "[[9.9999999999,1,1]]",
        "[[10.0000000001,1,1]]",
        "[[-0.0000000001,1,1]]",
        "[[10,1.0,NaN]]",
        "[[1,12345678901234567890,1]]",
        "[[1,1,1e999]]",
        "[[1,1,-Infinity]]",
        "[[1,1,1],[2,2]]",
        "[[1,1,1,1]]",
        "[[]]",
      ),
    );
    fc.assert(
      fc.property(text, (rows) => {
        const check = (set: FeatureSet): string => {
          try {
            const { body, instanceCount } = checkRequest(Buffer.from(`{"instances": ${rows} }`), set, {
              maxJsonDepth: 64,
            });
            return `${instanceCount} ${Buffer.from(body).toString()}`;
          } catch (error) {
            return (error as Error).message;
          }
        };
        expect(check(set)).toBe(check({ ...set, ranges: undefined }));
      }),
      { numRuns: cases(5000) },
    );
  });

  it.each<[string, number[]]>([
    ["below the least", [-0.1, 1, 1]],
    ["above the greatest", [10.1, 1, 1]],
    ["not whole", [1, 1.5, 1]],
    ["NaN", [1, 1, Number.NaN]],
    ["infinite", [1, 1, Number.POSITIVE_INFINITY]],
  ])("leaves a tensor with a number that is %s to the check of the body", (_title, values) => {
    expect(verdicts({ case: "tensor", value: { shape: [1, 3], values } }).quick).toBe(false);
  });

  it.each([[[3]], [[1, 4]], [[3, 1]], [[1, 3, 1]]])("leaves a tensor of shape %j to the check of the body", (shape) => {
    const values = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 1);
    expect(verdicts({ case: "tensor", value: { shape, values } }).quick).toBe(false);
  });

  it.each<[string, Partial<ModelEntry>]>([
    ["another form", { inputFeatures: features, inputFormat: "record" }],
    ["a text", { inputFeatures: [...features, { name: "d", type: "string" } as InputFeature] }],
    ["an undeclared type", { inputFeatures: [{ name: "a" } as InputFeature] }],
    ["a set of values", { inputFeatures: [{ name: "a", type: "number", values: [1, 2] } as unknown as InputFeature] }],
  ])("is not taken for a model that declares %s", (_title, entry) => {
    expect(featureSetOf({ ...model, ...entry } as ModelEntry)?.ranges).toBeUndefined();
  });
});
