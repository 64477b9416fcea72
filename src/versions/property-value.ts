/**
 * The value of a custom property, as the REST surface writes it. `int_value` is a decimal string within 32 bits,
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

/** Properties as JSON text, with the keys in order, so that equal properties are equal texts. */
export function propertiesToJson(properties: Properties): string {
  const sorted = Object.keys(properties).sort();
  const parts = sorted.map((key) => {
    const value = properties[key]!;
    const keys = [...propertyKeys[value.metadataType], "metadataType"] as const;
    return `${JSON.stringify(key)}:${JSON.stringify(value, [...keys])}`;
  });
  return `{${parts.join(",")}}`;
}

/** Reads what `propertiesToJson` wrote. */
export function propertiesFromJson(text: string): Properties {
  return JSON.parse(text) as Properties;
}
