import { countJsonValues } from "../../../predict/json/count-json-values.ts";
import { isId } from "../../../versions/check-record.ts";
import { VersionsError, type Violation } from "../../../versions/versions-error.ts";
import { recordLimit, tooManyValues } from "../../body-limits.ts";
import { readBody } from "../../http-message.ts";
import { turnOfLargeBody } from "../../large-body.ts";
import type { RestContext } from "../../rest/rest-context.ts";

/** An object of a body, before it is known what it says. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads a body, which is one JSON object in UTF-8 whatever the content type says.
 *
 * @throws VersionsError INVALID, RegistryError REQUEST_TOO_LARGE for more values than may be, and what `readBody` throws
 */
export async function readObject({ request, response, call, memory, ...limits }: RestContext): Promise<JsonObject> {
  call.writesRecord = true;
  const bytes = await readBody(request, limits, { memory, holder: call }, recordLimit(limits));
  const turn = turnOfLargeBody(bytes.byteLength, request, response);
  if (turn !== undefined) await turn;
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

/** What is wrong with a body, in the words of the server that existing clients know. */
export function badBody(
  field: string,
  message: string,
  problem: Violation["problem"] = "type",
): VersionsError<"INVALID"> {
  return new VersionsError("INVALID", message, {
    kind: undefined,
    violations: [{ field, problem, description: message }],
  });
}

/**
 * An id that a path, a query or a body gives.
 *
 * @param words what it is the id of
 * @throws VersionsError INVALID
 */
export function assertId(id: string, words: string, field = "id"): string {
  if (isId(id)) return id;
  const shown = id.length > 40 ? `${id.slice(0, 40)}...` : id;
  throw badBody(
    field,
    `invalid ${words} ID: ${shown} is not a decimal number from 1 that fits in 63 bits: bad request`,
    "value",
  );
}
