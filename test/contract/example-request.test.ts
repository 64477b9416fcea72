import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exampleRequest, exampleRow } from "../../src/contract/example-request.ts";
import { featureSetOf } from "../../src/predict/rows/feature-set.ts";
import { checkRequest } from "../support/at-once.ts";
import { inputFeatures } from "./arbitrary-features.ts";
import { entryOf } from "./entries.ts";

describe("exampleRequest", () => {
  it.each([
    [{ default: 7, values: [6, 7] }, 7],
    [{ type: "string", values: ["b", "a"] }, "b"],
    [{ type: "number", min: 0, max: 100 }, 50],
    [{ type: "number", min: 0.1, max: 0.2 }, 0.15],
    [{ type: "number", min: 1.00001, max: 1.00002 }, 1.00001],
    [{ type: "number", min: -1.7e308, max: 1.7e308 }, 0],
    [{ type: "integer", min: 1, max: 2 }, 1],
    [{ type: "integer", min: 0.5, max: 1.5 }, 1],
    [{ type: "number", min: 3 }, 3],
    [{ type: "number", min: -3 }, 0],
    [{ type: "number", max: -3 }, -3],
    [{ type: "number", max: 3 }, 0],
    [{ type: "number" }, 0],
    [{ type: "integer" }, 0],
    [{ type: "string" }, ""],
    [{ type: "boolean" }, false],
    [{}, 0],
  ])("shows for %j the value %j", (feature, value) => {
    const model = entryOf({ name: "any", inputFeatures: [{ name: "f", ...feature }] });
    expect(exampleRow(model)).toEqual({ byName: { f: value }, byPosition: [value] });
    expect(exampleRequest(model)).toBe(JSON.stringify({ instances: [{ f: value }] }));
  });

  it("is empty for a model that declares no features", () => {
    expect(exampleRequest(entryOf({ name: "any" }))).toBe("");
  });

  it("is a request that the model takes, by name and by position", () => {
    fc.assert(
      fc.property(inputFeatures, (features) => {
        const model = entryOf({ name: "any", inputFeatures: features });
        const check = (text: string) => checkRequest(Buffer.from(text), featureSetOf(model), { maxJsonDepth: 64 });
        expect(check(exampleRequest(model)).instanceCount).toBe(1);
        expect(check(JSON.stringify({ instances: [exampleRow(model).byPosition] })).instanceCount).toBe(1);
      }),
      { numRuns: 500 },
    );
  });
});
