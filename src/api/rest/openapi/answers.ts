import type { Content, Examples, Response, Schema } from "./document.ts";
import { sharedHeader } from "./headers.ts";
import { schemaRef, type schemas } from "./schemas.ts";

/** An answer in JSON. */
export function jsonAnswer(
  description: string,
  schema: keyof typeof schemas,
  examples: Examples,
  headers: Response["headers"] = {},
): Response {
  return answer(description, { "application/json": { schema: schemaRef(schema), examples } }, headers);
}

/** An answer in plain text. */
export function textAnswer(description: string, schema: Schema, examples: Examples): Response {
  return answer(description, { "text/plain": { schema, examples } });
}

/** An answer in one of several media types. */
export function answer(
  description: string,
  content: Readonly<Record<string, Content>>,
  headers: Response["headers"] = {},
): Response {
  // Every answer says which request it is for.
  return { description, headers: { ...sharedHeader("x-request-id"), ...headers }, content };
}
