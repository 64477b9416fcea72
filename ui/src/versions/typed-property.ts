import type { MessageInitShape } from "@bufbuild/protobuf";
import type { PropertyValue, PropertyValueSchema } from "../../../gen/kserve/versions/v1/property_pb.ts";

/** The types of properties that can be typed as a line of text, as a person chooses among them. */
export const propertyTypes = {
  stringValue: "text",
  doubleValue: "number",
  intValue: "whole number",
  boolValue: "true or false",
} as const;
export type PropertyType = keyof typeof propertyTypes;

type Property = MessageInitShape<typeof PropertyValueSchema>;

/** The type of a property; undefined for objects and messages, which are kept as they are. */
export function propertyTypeOf({ value }: PropertyValue): PropertyType | undefined {
  return value.case !== undefined && value.case in propertyTypes ? (value.case as PropertyType) : undefined;
}

/** The property that a text stands for; undefined where it is none of that type. Text stays as it is: `007`. */
export function typedProperty(text: string, type: PropertyType): Property | undefined {
  const trimmed = text.trim();
  switch (type) {
    case "boolValue":
      return trimmed === "true" || trimmed === "false"
        ? { value: { case: "boolValue", value: trimmed === "true" } }
        : undefined;
    case "intValue":
      return /^[+-]?\d{1,10}$/.test(trimmed) ? { value: { case: "intValue", value: BigInt(trimmed) } } : undefined;
    case "doubleValue":
      return trimmed !== "" && Number.isFinite(Number(trimmed))
        ? { value: { case: "doubleValue", value: Number(trimmed) } }
        : undefined;
    case "stringValue":
      return { value: { case: "stringValue", value: text } };
  }
}
