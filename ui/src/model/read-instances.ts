import type { JsonValue } from "@bufbuild/protobuf";

/** The instances of a JSON text: a list, or a KServe v1 request with one. A text that says what is wrong otherwise. */
export function readInstances(text: string): JsonValue[] | string {
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (error) {
    return `This is not JSON: ${(error as Error).message}`;
  }
  if (Array.isArray(value)) return value;
  if (typeof value === "object" && value !== null && Array.isArray(value.instances)) return value.instances;
  return 'Expected a list of rows, [[1, 2], [3, 4]], or {"instances": [...]}.';
}
