import type { JsonObject } from "@bufbuild/protobuf";
import type { ListValue, Value } from "@bufbuild/protobuf/wkt";
import { invalidField } from "../../registry/registry-error.ts";
import { writeNumber } from "./number.ts";

/** Deeper values would cost a reader its stack. The contract's JSON limit is checked on the text, afterwards. */
const maxDepth = 512;

/**
 * Writes `instances` and the other top-level keys as a KServe v1 request.
 *
 * @throws RegistryError INVALID_REQUEST, with the path of a value that says nothing
 */
export function writeInstances(instances: ListValue, parameters: JsonObject | undefined): Uint8Array {
  return Buffer.from(`{"instances":${writeList(instances, "instances", 1)}${writeParameters(parameters)}}`);
}

/** Writes `parameters` as further members of a request, each with a comma before it. */
export function writeParameters(parameters: JsonObject | undefined): string {
  let text = "";
  for (const [name, value] of Object.entries(parameters ?? {})) {
    if (name === "instances") throw invalidField("parameters.instances", "not here; use instances, tensor or body");
    text += `,${JSON.stringify(name)}:${JSON.stringify(value)}`;
  }
  return text;
}

function writeList(list: ListValue, path: string, depth: number): string {
  let text = "[";
  for (let i = 0; i < list.values.length; i++) {
    if (i > 0) text += ",";
    const value = list.values[i]!;
    text +=
      value.kind.case === "numberValue" ? writeNumber(value.kind.value) : writeValue(value, `${path}[${i}]`, depth);
  }
  return `${text}]`;
}

function writeValue(value: Value, path: string, depth: number): string {
  if (depth > maxDepth) throw invalidField(path.slice(0, 80), `is nested deeper than ${maxDepth}`);
  const { kind } = value;
  switch (kind.case) {
    case "numberValue":
      return writeNumber(kind.value);
    case "stringValue":
      return JSON.stringify(kind.value);
    case "boolValue":
      return kind.value ? "true" : "false";
    case "nullValue":
      return "null";
    case "listValue":
      return writeList(kind.value, path, depth + 1);
    case "structValue": {
      const members = Object.entries(kind.value.fields).map(
        ([name, member]) => `${JSON.stringify(name)}:${writeValue(member, `${path}.${name}`, depth + 1)}`,
      );
      return `{${members.join(",")}}`;
    }
    default:
      throw invalidField(path, "is a google.protobuf.Value without a kind; use null_value for null");
  }
}
