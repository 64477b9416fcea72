import type { Content, Examples, Header, Ref, Response, Schema } from "./document.ts";
import { schemaRef, type schemas } from "./schemas.ts";

/** The headers of answers that several answers share. */
export const headers = {
  "x-request-id": {
    description: "The caller's `x-request-id`, or a generated one. It is also in the log.",
    required: true,
    schema: { type: "string", pattern: "^[\\x21-\\x7e]{1,128}$" },
  },
  "retry-after": {
    description: "After how many seconds to retry.",
    required: true,
    schema: { type: "integer", minimum: 0, maximum: 60 },
  },
} as const satisfies Readonly<Record<string, Header>>;

/** Points to one of these headers. */
export function sharedHeader(name: keyof typeof headers): Record<string, Ref> {
  return { [name]: { $ref: `#/components/headers/${name}` } };
}

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
  // Every answer carries the id of its request.
  return { description, headers: { ...sharedHeader("x-request-id"), ...headers }, content };
}
