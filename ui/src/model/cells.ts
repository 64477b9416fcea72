import { type JsonValue, toJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import { FeatureType, type InputFeature } from "../../../gen/kserve/registry/v1/model_pb.ts";

/** One row as it is typed: a text for each feature, in the order of the features. Empty: nothing is given. */
export type Row = readonly string[];

/** The values that a feature may have, as they are typed. Empty: all that fit the type. */
export function choicesOf({ type, values }: InputFeature): readonly string[] {
  if (values.length > 0) return values.map((value) => cellText(toJson(ValueSchema, value)));
  return type === FeatureType.BOOLEAN ? ["true", "false"] : [];
}

/** A new row, with the defaults that are declared. */
export function emptyRow(features: readonly InputFeature[]): Row {
  return features.map(({ defaultValue }) =>
    defaultValue === undefined ? "" : cellText(toJson(ValueSchema, defaultValue)),
  );
}

/** A value as it is typed. */
export function cellText(value: JsonValue): string {
  if (value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * What a typed text stands for; undefined: nothing is given. What does not fit the feature is sent as the text that it is,
 * so that the server alone decides what is right, and says so.
 */
function cellValue({ type, nullable, defaultValue, values }: InputFeature, text: string): JsonValue | undefined {
  const typed = text.trim();
  if (typed === "") return nullable && defaultValue === undefined ? null : undefined;
  if (typed === "null" && nullable) return null;
  if (values.length > 0) {
    const chosen = values.map((value) => toJson(ValueSchema, value)).find((value) => cellText(value) === typed);
    if (chosen !== undefined) return chosen;
  }
  switch (type) {
    case FeatureType.NUMBER:
    case FeatureType.INTEGER:
      return number.test(typed) ? Number(typed) : text;
    case FeatureType.BOOLEAN:
      return typed === "true" ? true : typed === "false" ? false : text;
    case FeatureType.STRING:
      return text;
    default:
      return looseValue(typed);
  }
}

/** What a text stands for where no type is declared: a number, a JSON value, or else the text. */
export function looseValue(typed: string): JsonValue {
  if (number.test(typed)) return Number(typed);
  try {
    return JSON.parse(typed) as JsonValue;
  } catch {
    return typed;
  }
}

/** Rows by feature name, as they are sent. */
export function instancesOf(features: readonly InputFeature[], rows: readonly Row[]): JsonValue[] {
  return rows.map((row) => {
    const instance: Record<string, JsonValue> = {};
    features.forEach((feature, i) => {
      const value = cellValue(feature, row[i] ?? "");
      if (value !== undefined) instance[feature.name] = value;
    });
    return instance;
  });
}

/** Rows as they are typed, from instances by name or by position; undefined where they are neither. */
export function rowsOf(features: readonly InputFeature[], instances: readonly JsonValue[]): Row[] | undefined {
  const rows = instances.map((instance): Row | undefined => {
    if (Array.isArray(instance)) return features.map((_, i) => cellText(instance[i] ?? null));
    if (typeof instance !== "object" || instance === null) {
      return features.length === 1 ? [cellText(instance)] : undefined;
    }
    return features.map(({ name }) => cellText(instance[name] ?? null));
  });
  return rows.every((row) => row !== undefined) ? rows : undefined;
}
