import { countJsonValues } from "../../../predict/json/count-json-values.ts";
import { tooManyValues } from "../../body-limits.ts";
import { readBody } from "../../http-message.ts";
import type { RestContext } from "../../rest/rest-context.ts";
import { badBody } from "./body-error.ts";

/** An object of a body, before it is known what it says. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads a body, which is one JSON object in UTF-8 whatever the content type says.
 *
 * @throws VersionsError INVALID, RegistryError REQUEST_TOO_LARGE for more values than may be, and what `readBody` throws
 */
export async function readObject({ request, call, memory, ...limits }: RestContext): Promise<JsonObject> {
  const bytes = await readBody(request, limits, { memory, holder: call });
  const { maxMessageValues } = limits;
  if (countJsonValues(bytes, maxMessageValues) > maxMessageValues) throw tooManyValues(maxMessageValues);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    const cause = error instanceof SyntaxError ? error.message : "it is not UTF-8";
    throw badBody("", bytes.byteLength === 0 ? "unexpected end of JSON input" : `json: invalid body: ${cause}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badBody("", `json: cannot read ${typeOf(value)} as an object`);
  }
  return value as JsonObject;
}

/** What a JSON value is, for messages. */
export function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
