import { isUtf8 } from "node:buffer";
import { countJsonValues } from "../predict/json/count-json-values.ts";
import { hasByteOrderMark, notUtf8At } from "../predict/json/not-utf8.ts";
import { invalidField } from "../registry/registry-error.ts";
import { type BodyLimits, tooManyValues } from "./body-limits.ts";

/**
 * Asserts that JSON is valid UTF-8 before a parser gets it: parsers silently replace invalid bytes, and report a byte
 * order mark as an invisible character.
 *
 * @param field what errors call the JSON as a whole
 * @throws RegistryError INVALID_REQUEST
 */
export function assertJsonText(bytes: Uint8Array, field: string): void {
  if (hasByteOrderMark(bytes)) {
    throw invalidField(field, "starts with a byte order mark (BOM), which JSON must not have; send it without one");
  }
  if (!isUtf8(bytes)) throw invalidField(field, `is not UTF-8 at byte ${notUtf8At(bytes)}`);
}

/**
 * Parses a body as JSON, unless it has too many values.
 *
 * @throws RegistryError INVALID_REQUEST for what is not JSON, REQUEST_TOO_LARGE
 */
export function parseJson(body: Uint8Array, { maxMessageValues }: Pick<BodyLimits, "maxMessageValues">): unknown {
  assertJsonText(body, "body");
  if (countJsonValues(body, maxMessageValues) > maxMessageValues) throw tooManyValues(maxMessageValues);
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch (error) {
    throw invalidField("body", `not JSON: ${(error as Error).message}`);
  }
}
