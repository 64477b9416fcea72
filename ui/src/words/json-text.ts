import type { JsonValue } from "@bufbuild/protobuf";

/** JSON as a person reads it: rows of numbers on one line each. */
export function jsonText(value: JsonValue): string {
  return JSON.stringify(value, null, 2).replaceAll(/\[\s+([^[\]{}]*?)\s+\]/g, (whole, inner: string) =>
    inner.length > 400 ? whole : `[${inner.replaceAll(/\s*\n\s*/g, " ")}]`,
  );
}
