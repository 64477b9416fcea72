import type { JsonObject } from "@bufbuild/protobuf";
import type { ListValue, Value } from "@bufbuild/protobuf/wkt";
import { invalidField } from "../../registry/registry-error.ts";
import { assertFiniteValue, notFinite } from "./finite.ts";
import { writeNumber } from "./number.ts";

/** Deeper values would cost a reader its stack. The contract's JSON limit is checked on the text, afterwards. */
const maxDepth = 512;

/**
 * Writes `instances` and the other top-level keys as a KServe v1 request.
 *
 * @param finiteOnly whether an infinity is a mistake: of JSON text, it is a number that no double holds
 * @throws RegistryError INVALID_REQUEST, with the path of a value that says nothing
 */
export function writeInstances(
  instances: ListValue,
  parameters: JsonObject | undefined,
  finiteOnly = false,
): Uint8Array {
  const list = writeList(instances, "instances", 1, finiteOnly);
  return Buffer.from(`{"instances":${list}${writeParameters(parameters)}}`);
}

/** Writes `parameters` as further members of a request, each with a comma before it. */
export function writeParameters(parameters: JsonObject | undefined): string {
  let text = "";
  assertFiniteValue(parameters, "parameters");
  for (const [name, value] of Object.entries(parameters ?? {})) {
    if (name === "instances") throw invalidField("parameters.instances", "not here; use instances, tensor or body");
    text += `,${JSON.stringify(name)}:${JSON.stringify(value)}`;
  }
  return text;
}

function writeList(list: ListValue, path: string, depth: number, finiteOnly: boolean): string {
  let text = "[";
  for (let i = 0; i < list.values.length; i++) {
    if (i > 0) text += ",";
    const value = list.values[i]!;
    if (value.kind.case === "numberValue") {
      const number = value.kind.value;
      if (finiteOnly && !Number.isFinite(number)) throw notFinite(`${path}[${i}]`);
      text += writeNumber(number);
    } else {
      text += writeValue(value, `${path}[${i}]`, depth, finiteOnly);
    }
  }
  return `${text}]`;
}

function writeValue(value: Value, path: string, depth: number, finiteOnly: boolean): string {
  if (depth > maxDepth) throw invalidField(path.slice(0, 80), `is nested deeper than ${maxDepth}`);
  const { kind } = value;
  switch (kind.case) {
    case "numberValue":
      if (finiteOnly && !Number.isFinite(kind.value)) throw notFinite(path);
      return writeNumber(kind.value);
    case "stringValue":
      return JSON.stringify(kind.value);
    case "boolValue":
      return kind.value ? "true" : "false";
    case "nullValue":
      return "null";
    case "listValue":
      return writeList(kind.value, path, depth + 1, finiteOnly);
    case "structValue": {
      const members = Object.entries(kind.value.fields).map(
        ([name, member]) => `${JSON.stringify(name)}:${writeValue(member, `${path}.${name}`, depth + 1, finiteOnly)}`,
      );
      return `{${members.join(",")}}`;
    }
    default:
      throw invalidField(path, "is a google.protobuf.Value without a kind; use null_value for null");
  }
}
