import { create, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { HealthCheckRequestSchema } from "../../../gen/grpc/health/v1/health_pb.ts";
import {
  EvaluateTriggersRequestSchema,
  PredictRequestSchema,
} from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { countValues } from "../../../src/api/rpc/count-values.ts";
import { rows } from "../../support/clients.ts";

const noLimit = 1e9;

function countJson(text: string, limit = noLimit): number {
  return countValues(Buffer.from(text), PredictRequestSchema, true, limit);
}

describe("the values of JSON", () => {
  it.each([
    ["{}", 2],
    ["[0,0]", 3],
    ['{"a":1,"b":[1,2,3]}', 6],
    ['"[[[,,,"', 1],
    [String.raw`["\"[,",1]`, 3],
    [String.raw`["\\",1]`, 3],
    ['["never closed, [[[', 2],
  ])("of %s are counted", (text, count) => {
    expect(countJson(text)).toBe(count);
  });

  it("are counted no further than to the limit", () => {
    expect(countJson("[".repeat(1e6), 10)).toBe(11);
  });
});

describe("the values of protobuf", () => {
  it("are at least those that it is decoded into", () => {
    const request = create(PredictRequestSchema, rows("m", [1, 2], [3, 4]));
    // A name, a list, two items that are lists, two numbers in each.
    expect(countValues(toBinary(PredictRequestSchema, request), PredictRequestSchema, false, noLimit)).toBeGreaterThan(
      8,
    );
  });

  it("are found in the entries of a map", () => {
    const samples = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`m${i}`, i]));
    const bytes = toBinary(EvaluateTriggersRequestSchema, create(EvaluateTriggersRequestSchema, { samples }));
    expect(countValues(bytes, EvaluateTriggersRequestSchema, false, noLimit)).toBeGreaterThan(300);
  });

  it("are sixteen for one in a tensor", () => {
    const tensor = { shape: [1, 16_000], values: Array<number>(16_000).fill(1) };
    const bytes = toBinary(
      PredictRequestSchema,
      create(PredictRequestSchema, { name: "m", input: { case: "tensor", value: tensor } }),
    );
    const count = countValues(bytes, PredictRequestSchema, false, noLimit);
    expect(count).toBeGreaterThan(1000);
    expect(count).toBeLessThan(10_000);
  });

  it("include fields that are not known", () => {
    const unknown = Buffer.alloc(2000, Buffer.from([0x78, 0x01]));
    expect(countValues(unknown, HealthCheckRequestSchema, false, noLimit)).toBe(1001);
    expect(countValues(unknown, HealthCheckRequestSchema, false, 10)).toBe(11);
  });

  it.each([
    ["a tag that breaks off", [0x80]],
    ["a length beyond the end", [0x0a, 0x7f, 1]],
    ["a group", [0x7b, 0x7b, 0x7c]],
    ["zeros", [0, 0, 0]],
  ])("of %s are counted as far as they go", (_title, bytes) => {
    expect(countValues(Uint8Array.from(bytes), PredictRequestSchema, false, noLimit)).toBeGreaterThan(0);
  });
});
