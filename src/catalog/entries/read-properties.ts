import { type FieldReader, isRecord, kindOf, shown } from "../../base/field-reader.ts";
import {
  type Properties,
  type PropertyType,
  type PropertyValue,
  propertyKeys,
  propertyLimits,
} from "../../base/property-value.ts";

const types = Object.keys(propertyKeys) as PropertyType[];
const int32 = { min: -2_147_483_648, max: 2_147_483_647 };
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Reads custom properties: `size: {metadataType: MetadataStringValue, string_value: 1B}`. The type may be left out, for
 * the key of the value says it.
 */
export function readProperties(reader: FieldReader, key: string): Properties | undefined {
  return reader.object(key, "of properties", (inner) => {
    const names = Object.keys(inner.value);
    if (names.length > propertyLimits.count) {
      inner.problem("", `expected at most ${propertyLimits.count} properties, found ${names.length}`);
      return {};
    }
    const read = names.flatMap((name): [string, PropertyValue][] => {
      const value = readProperty(inner, name);
      return value === undefined ? [] : [[name, value]];
    });
    return Object.fromEntries(read);
  });
}

function readProperty(reader: FieldReader, name: string): PropertyValue | undefined {
  const given = reader.value[name];
  const refuse = (message: string): undefined => {
    reader.problem(name.slice(0, 80), message);
    return undefined;
  };
  if (name === "" || name.length > propertyLimits.key) {
    return refuse(`expected a name of 1 to ${propertyLimits.key} characters`);
  }
  if (!isRecord(given)) return refuse(`expected {metadataType, string_value} or the like, found ${kindOf(given)}`);
  const type = typeOf(given);
  if (type === undefined) return refuse(`metadataType: expected one of ${types.join(", ")}`);
  const value = given[propertyKeys[type].at(-1)!];
  switch (type) {
    case "MetadataStringValue":
      if (typeof value === "string" && value.length <= propertyLimits.string) {
        return { metadataType: type, string_value: value };
      }
      return refuse(
        `string_value: expected a text of at most ${propertyLimits.string} characters; found ${shown(value)}`,
      );
    case "MetadataBoolValue":
      if (typeof value === "boolean") return { metadataType: type, bool_value: value };
      return refuse(`bool_value: expected true or false; found ${shown(value)}`);
    case "MetadataIntValue":
      if (/^-?\d{1,10}$/.test(String(value)) && Number(value) >= int32.min && Number(value) <= int32.max) {
        return { metadataType: type, int_value: String(Number(value)) };
      }
      return refuse(`int_value: expected a whole number from ${int32.min} to ${int32.max}; found ${shown(value)}`);
    case "MetadataDoubleValue":
      if (typeof value === "number" && Number.isFinite(value)) return { metadataType: type, double_value: value };
      return refuse(`double_value: expected a number; found ${shown(value)}`);
    case "MetadataStructValue":
      if (isStruct(value)) return { metadataType: type, struct_value: value };
      return refuse("struct_value: expected a JSON object in base64");
    case "MetadataProtoValue":
      if (isBase64(value) && typeof given.type === "string") {
        return { metadataType: type, type: given.type.slice(0, propertyLimits.key), proto_value: value };
      }
      return refuse("expected a type, and a proto_value in base64");
  }
}

function typeOf(given: Readonly<Record<string, unknown>>): PropertyType | undefined {
  const { metadataType } = given;
  if (metadataType !== undefined) return types.find((type) => type === metadataType);
  return types.find((type) => given[propertyKeys[type].at(-1)!] !== undefined);
}

function isBase64(value: unknown): value is string {
  return typeof value === "string" && value.length <= propertyLimits.string && base64.test(value);
}

function isStruct(value: unknown): value is string {
  if (!isBase64(value)) return false;
  try {
    return isRecord(JSON.parse(Buffer.from(value, "base64").toString()));
  } catch {
    return false;
  }
}
