import { type Properties, propertyKeys } from "../base/property-value.ts";

export {
  type Properties,
  type PropertyType,
  type PropertyValue,
  propertyKeys,
  propertyLimits,
} from "../base/property-value.ts";

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
