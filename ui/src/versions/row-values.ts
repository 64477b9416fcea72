import { type JsonValue, toJson } from "@bufbuild/protobuf";
import { ListValueSchema } from "@bufbuild/protobuf/wkt";
import type { ComparisonRow } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";

/** A value as a person reads it: the parts of an object one after the other. */
export function valueText(value: JsonValue): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return JSON.stringify(value);
  const parts = Object.entries(value).map(([key, part]) => `${key} ${valueText(part ?? null)}`);
  return parts.join(", ");
}

/** The values of a row of a comparison, in the order of the versions. */
export function valuesOf({ values }: ComparisonRow): readonly JsonValue[] {
  return values === undefined ? [] : (toJson(ListValueSchema, values) as JsonValue[]);
}
