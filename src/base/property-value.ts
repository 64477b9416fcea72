/**
 * The value of a custom property, as the REST surfaces write it. `int_value` is a decimal string within 32 bits,
 * `struct_value` and `proto_value` are base64; a struct is a JSON object underneath.
 */
export type PropertyValue =
  | { readonly metadataType: "MetadataStringValue"; readonly string_value: string }
  | { readonly metadataType: "MetadataBoolValue"; readonly bool_value: boolean }
  | { readonly metadataType: "MetadataIntValue"; readonly int_value: string }
  | { readonly metadataType: "MetadataDoubleValue"; readonly double_value: number }
  | { readonly metadataType: "MetadataStructValue"; readonly struct_value: string }
  | { readonly metadataType: "MetadataProtoValue"; readonly type: string; readonly proto_value: string };

export type PropertyType = PropertyValue["metadataType"];

/** Custom properties by key. */
export type Properties = Readonly<Record<string, PropertyValue>>;

/** How many properties a record may have, and how long each part may be, in characters. */
export const propertyLimits = { count: 1024, key: 255, string: 65_536 } as const;

/** The keys that each type of value has beside `metadataType`. */
export const propertyKeys: Readonly<Record<PropertyType, readonly string[]>> = {
  MetadataStringValue: ["string_value"],
  MetadataBoolValue: ["bool_value"],
  MetadataIntValue: ["int_value"],
  MetadataDoubleValue: ["double_value"],
  MetadataStructValue: ["struct_value"],
  MetadataProtoValue: ["type", "proto_value"],
};
