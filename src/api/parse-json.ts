import { countJsonValues } from "../predict/json/count-json-values.ts";
import { invalidField } from "../registry/registry-error.ts";
import { type BodyLimits, tooManyValues } from "./body-limits.ts";
import { assertJsonText } from "./json-text.ts";

/**
 * Parses a body as JSON, unless that would make more values than may be.
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
