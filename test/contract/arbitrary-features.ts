import fc from "fast-check";
import type { FeatureValue, InputFeature } from "../../src/registry/model.ts";
import { oddNames } from "./entries.ts";

const names = fc.uniqueArray(fc.oneof(fc.constantFrom(...oddNames), fc.stringMatching(/^[a-z]{1,3}$/)), {
  minLength: 1,
  maxLength: 8,
});

// A text of JSON has no -0 where it comes from JSON.stringify.
const doubles = (min: number, max: number) =>
  fc.double({ min, max, noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);

/** Values of a type, within limits that are written as whole numbers. */
function valuesOf({ type, min, max, values }: Partial<InputFeature>): fc.Arbitrary<FeatureValue> {
  if (values !== undefined) return fc.constantFrom(...values);
  switch (type) {
    case "boolean":
      return fc.boolean();
    case "string":
      return fc.string({ maxLength: 6, unit: "grapheme" });
    case "integer":
      return fc.integer({ min: min ?? -1e9, max: max ?? 1e9 });
    default:
      return doubles(min ?? -1e300, max ?? 1e300);
  }
}

const shapes = fc
  .record({
    type: fc.constantFrom("number", "integer", "boolean", "string", undefined),
    limits: fc.tuple(fc.integer({ min: -1000, max: 1000 }), fc.nat(1000)),
    hasMin: fc.boolean(),
    hasMax: fc.boolean(),
    nullable: fc.option(fc.boolean(), { nil: undefined }),
  })
  .map(({ type, limits: [low, size], hasMin, hasMax, nullable }): Partial<InputFeature> => {
    const isNumeric = type === "number" || type === "integer";
    return {
      ...(type && { type }),
      ...(isNumeric && hasMin && { min: low }),
      ...(isNumeric && hasMax && { max: low + size }),
      ...(nullable !== undefined && { nullable }),
    };
  });

const declarations = shapes
  .chain((shape) =>
    fc.tuple(
      fc.constant(shape),
      shape.type === undefined
        ? fc.constant(undefined)
        : fc.option(fc.uniqueArray(valuesOf(shape), { minLength: 1, maxLength: 3 }), { nil: undefined, freq: 3 }),
    ),
  )
  .map(([shape, values]) => ({ ...shape, ...(values && { values }) }))
  .chain((shape) =>
    fc
      .tuple(fc.constant(shape), fc.option(valuesOf(shape), { nil: undefined, freq: 3 }))
      .map(([feature, fallback]) => ({
        ...feature,
        ...(fallback !== undefined && { default: fallback }),
      })),
  );

/** What a model may declare, in all its variety. */
export const inputFeatures: fc.Arbitrary<InputFeature[]> = names.chain((unique) =>
  fc.tuple(...unique.map((name) => declarations.map((declaration) => ({ name, ...declaration })))),
);

/** A cell that is given, or undefined for one that is left out because it may be. */
export function cellOf(feature: InputFeature): fc.Arbitrary<FeatureValue | undefined> {
  const mayBeLeftOut = feature.default !== undefined || feature.nullable === true;
  return mayBeLeftOut ? fc.option(valuesOf(feature), { nil: undefined }) : valuesOf(feature);
}

/** Rows that a model takes. */
export function rowsOf(features: readonly InputFeature[]): fc.Arbitrary<(FeatureValue | undefined)[][]> {
  return fc.array(fc.tuple(...features.map(cellOf)), { minLength: 1, maxLength: 4 });
}
