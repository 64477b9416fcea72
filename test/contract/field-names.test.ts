import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accessorKeys, type Holds, isMember, keyOf } from "../../src/contract/accessors.ts";
import { type DeclaredField, defaultJsonName, fieldNames, identifierOf } from "../../src/contract/field-names.ts";
import { oddNames } from "./entries.ts";

/** Names that differ from others by what languages put before or behind them. */
const likeAccessors = fc
  .tuple(
    fc.constantFrom("", "has_", "set", "clear_", "mutable_", "get "),
    fc.constantFrom("gpu", "color"),
    fc.constantFrom("", "_bytes", "_field_number"),
  )
  .map((parts) => parts.join(""));

const declaredFields: fc.Arbitrary<DeclaredField[]> = fc.uniqueArray(
  fc.record({
    name: fc.oneof(
      fc.constantFrom(...oddNames),
      likeAccessors,
      fc.stringMatching(/^[xX][ _.]?[12]?[ _]?2?$/),
      fc.string({ minLength: 1, maxLength: 12, unit: "binary" }),
    ),
    holds: fc.constantFrom<Holds>("number", "text"),
  }),
  { maxLength: 40, selector: ({ name }) => name },
);

const numbers = (...declared: string[]): DeclaredField[] => declared.map((name) => ({ name, holds: "number" }));
const texts = (...declared: string[]): DeclaredField[] => declared.map((name) => ({ name, holds: "text" }));

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
    ["descriptor", "feature_descriptor"],
    ["Default instance", "feature_default_instance"],
    ["bit_field0", "feature_bit_field0"],
    ["linux", "feature_linux"],
    ["protoReflect", "feature_proto_reflect"],
    ["温度", undefined],
    ["%", undefined],
  ])("makes %j %s", (text, identifier) => {
    expect(identifierOf(text, "feature")).toBe(identifier);
  });
});

describe("fieldNames", () => {
  it("keeps a name that is an identifier, and gives each later one of the same key a number", () => {
    expect(fieldNames(numbers("iops", "x1", "x_1", "x 1", "温度"), "feature")).toEqual([
      { name: "iops", jsonName: "iops" },
      { name: "x1", jsonName: "x1" },
      { name: "x_1_2", jsonName: "x_1" },
      { name: "x_1_3", jsonName: "x 1" },
      { name: "feature_5", jsonName: "温度" },
    ]);
  });

  it.each([
    ["has_gpu after gpu", numbers("gpu", "has_gpu"), ["gpu", "has_gpu_2"]],
    ["gpu after has_gpu", numbers("has_gpu", "gpu"), ["has_gpu", "gpu_2"]],
    ["color_bytes after the text color", texts("color", "color_bytes"), ["color", "color_bytes_2"]],
    ["tx_bytes after the number tx: a number has no bytes", numbers("tx", "tx_bytes"), ["tx", "tx_bytes"]],
    ["memory_size after memory", numbers("memory", "memory_size"), ["memory", "memory_size"]],
  ])("gives way to accessors: %s", (_, declared, expected) => {
    expect(fieldNames(declared, "feature").map(({ name }) => name)).toEqual(expected);
  });

  it("calls no field like an accessor of another or a member of every message", () => {
    fc.assert(
      fc.property(declaredFields, (declared) => {
        const names = fieldNames(declared, "feature").map(({ name }) => name);
        const keys = new Set(names.map(keyOf));
        for (const [i, name] of names.entries()) {
          expect(isMember(name)).toBe(false);
          expect(accessorKeys(name, declared[i]!.holds).filter((key) => keys.has(key))).toEqual([]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("gives identifiers that no language confuses", () => {
    fc.assert(
      fc.property(declaredFields, (declared) => {
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
      fc.property(declaredFields, (declared) => {
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
      fc.property(declaredFields, (declared) => {
        for (const [i, { name, jsonName }] of fieldNames(declared, "feature").entries()) {
          const own = declared[i]!.name;
          const refused = (own.startsWith("[") && own.endsWith("]")) || own.includes("\0") || !own.isWellFormed();
          expect(jsonName).toBe(refused ? name : own);
        }
      }),
    );
  });

  it("changes no name when a feature is added at the end, unless it is the very name of a field before", () => {
    fc.assert(
      fc.property(declaredFields, fc.string({ minLength: 1, maxLength: 12 }), (declared, added) => {
        const before = fieldNames(declared, "feature");
        fc.pre(!declared.some(({ name }) => name === added) && !before.some(({ name }) => name === added));
        expect(fieldNames([...declared, ...texts(added)], "feature").slice(0, -1)).toEqual(before);
      }),
      { numRuns: 500 },
    );
  });
});
