import { create, type JsonObject } from "@bufbuild/protobuf";
import {
  type PropertyValue as PropertyMessage,
  PropertyValueSchema,
} from "../../../gen/kserve/versions/v1/property_pb.ts";
import type { Properties, PropertyValue } from "../../versions/property-value.ts";
import { invalid } from "../../versions/versions-error.ts";

/** Custom properties as the contract has them. */
export function propertiesToMessages(properties: Properties): Record<string, PropertyMessage> {
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [
      key,
      create(PropertyValueSchema, { value: propertyToMessage(value) }),
    ]),
  );
}

/** Custom properties of a message, as the store takes them. Throws VersionsError INVALID for one without a value. */
export function propertiesFromMessages(messages: Readonly<Record<string, PropertyMessage>>): Properties {
  return Object.fromEntries(Object.entries(messages).map(([key, { value }]) => [key, propertyFromMessage(key, value)]));
}

function propertyToMessage(value: PropertyValue): PropertyMessage["value"] {
  switch (value.metadataType) {
    case "MetadataStringValue":
      return { case: "stringValue", value: value.string_value };
    case "MetadataBoolValue":
      return { case: "boolValue", value: value.bool_value };
    case "MetadataIntValue":
      return { case: "intValue", value: BigInt(value.int_value) };
    case "MetadataDoubleValue":
      return { case: "doubleValue", value: value.double_value };
    case "MetadataStructValue":
      return {
        case: "structValue",
        value: JSON.parse(Buffer.from(value.struct_value, "base64").toString()) as JsonObject,
      };
    case "MetadataProtoValue":
      return {
        case: "protoValue",
        value: {
          $typeName: "kserve.versions.v1.ProtoValue",
          type: value.type,
          value: Buffer.from(value.proto_value, "base64"),
        },
      };
  }
}

function propertyFromMessage(key: string, value: PropertyMessage["value"]): PropertyValue {
  switch (value.case) {
    case "stringValue":
      return { metadataType: "MetadataStringValue", string_value: value.value };
    case "boolValue":
      return { metadataType: "MetadataBoolValue", bool_value: value.value };
    case "intValue":
      return { metadataType: "MetadataIntValue", int_value: String(value.value) };
    case "doubleValue":
      return { metadataType: "MetadataDoubleValue", double_value: value.value };
    case "structValue":
      return {
        metadataType: "MetadataStructValue",
        struct_value: Buffer.from(JSON.stringify(value.value)).toString("base64"),
      };
    case "protoValue":
      return {
        metadataType: "MetadataProtoValue",
        type: value.value.type,
        proto_value: Buffer.from(value.value.value).toString("base64"),
      };
    case undefined: {
      const field = `custom_properties.${key}`;
      const description = "has no value; set one of string_value, bool_value, int_value, double_value, struct_value";
      throw invalid(undefined, { field, problem: "required", description });
    }
  }
}
