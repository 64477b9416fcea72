import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultJsonName, fieldNames, identifierOf, keyOf } from "../../src/contract/field-names.ts";
import { oddNames } from "./entries.ts";

const declaredNames = fc.uniqueArray(
  fc.oneof(
    fc.constantFrom(...oddNames),
    fc.stringMatching(/^[xX][ _.]?[12]?[ _]?2?$/),
    fc.string({ minLength: 1, maxLength: 12, unit: "binary" }),
  ),
  { maxLength: 40 },
);

describe("identifierOf", () => {
  it.each([
    ["disk_utilization", "disk_utilization"],
    ["diskUtilization", "disk_utilization"],
    ["Disk utilization (%)", "disk_utilization"],
    ["CPUUsage", "cpu_usage"],
    ["IOPS", "iops"],
    ["größe", "grosse".replace("ss", "_")],
    ["café au lait", "cafe_au_lait"],
    ["3d_ratio", "feature_3d_ratio"],
    ["class", "feature_class"],
    ["message", "message"],
    ["温度", undefined],
    ["%", undefined],
  ])("makes %j %s", (text, identifier) => {
    expect(identifierOf(text, "feature")).toBe(identifier);
  });
});

describe("fieldNames", () => {
  it("keeps a name that is an identifier, and gives each later one of the same key a number", () => {
    expect(fieldNames(["iops", "x1", "x_1", "x 1", "温度"], "feature")).toEqual([
      { name: "iops", jsonName: "iops" },
      { name: "x1", jsonName: "x1" },
      { name: "x_1_2", jsonName: "x_1" },
      { name: "x_1_3", jsonName: "x 1" },
      { name: "feature_5", jsonName: "温度" },
    ]);
  });

  it("gives identifiers that no language confuses", () => {
    fc.assert(
      fc.property(declaredNames, (declared) => {
        const names = fieldNames(declared, "feature").map(({ name }) => name);
        for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
        expect(new Set(names.map(keyOf)).size).toBe(names.length);
        expect(new Set(names.map(defaultJsonName)).size).toBe(names.length);
      }),
      { numRuns: 500 },
    );
  });

  it("leaves no doubt which field a name in JSON is", () => {
    fc.assert(
      fc.property(declaredNames, (declared) => {
        const fields = fieldNames(declared, "feature");
        // A parser takes the name in JSON and the name in protobuf.
        const spellings = fields.flatMap(({ name, jsonName }) => [...new Set([name, jsonName])]);
        expect(new Set(spellings).size).toBe(spellings.length);
      }),
      { numRuns: 500 },
    );
  });

  it("keeps the declared name in JSON wherever compilers take it", () => {
    fc.assert(
      fc.property(declaredNames, (declared) => {
        for (const [i, { name, jsonName }] of fieldNames(declared, "feature").entries()) {
          const own = declared[i]!;
          const refused = (own.startsWith("[") && own.endsWith("]")) || own.includes("\0") || !own.isWellFormed();
          expect(jsonName).toBe(refused ? name : own);
        }
      }),
    );
  });

  it("changes no name when a feature is added at the end, unless it is the very name of a field before", () => {
    fc.assert(
      fc.property(declaredNames, fc.string({ minLength: 1, maxLength: 12 }), (declared, added) => {
        const before = fieldNames(declared, "feature");
        fc.pre(!declared.includes(added) && !before.some(({ name }) => name === added));
        expect(fieldNames([...declared, added], "feature").slice(0, -1)).toEqual(before);
      }),
      { numRuns: 500 },
    );
  });
});
