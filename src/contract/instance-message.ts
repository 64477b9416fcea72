import type { FeatureValue, InputFeature } from "../registry/model.ts";
import { featureComment } from "./comment.ts";
import { fieldNames } from "./field-names.ts";
import type { ProtoField } from "./proto-file.ts";

/** A field of an instance, and its feature. */
export interface FeatureField extends ProtoField {
  readonly feature: InputFeature;
  readonly type: "double" | "int64" | "bool" | "string";
}

/**
 * One field for each feature, numbered in declared order, so that a feature added at the end changes no other. All
 * fields are `optional`, which distinguishes a missing feature from one that is 0.
 */
export function instanceFields(features: readonly InputFeature[]): FeatureField[] {
  const names = fieldNames(
    features.map((feature) => ({ name: feature.name, holds: typeOf(feature) === "string" ? "text" : "number" })),
    "feature",
  );
  return features.map((feature, i) => ({
    ...names[i]!,
    number: i + 1,
    type: typeOf(feature),
    label: "optional",
    comment: featureComment(feature),
    feature,
  }));
}

const declaredTypes = { number: "double", integer: "int64", boolean: "bool", string: "string" } as const;

/** Without a declared type, the allowed values or the default may show it; otherwise models usually take numbers. */
function typeOf({ type, values, default: fallback }: InputFeature): FeatureField["type"] {
  if (type !== undefined) return declaredTypes[type];
  const known: readonly FeatureValue[] = (values ?? [fallback ?? null]).filter((value) => value !== null);
  if (known.length === 0) return "double";
  if (known.every((value) => typeof value === "string")) return "string";
  return known.every((value) => typeof value === "boolean") ? "bool" : "double";
}
