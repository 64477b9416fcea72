import type { Examples, Operation } from "./document.ts";
import { schemaRef, type schemas } from "./schemas.ts";

/** A JSON body of a request, as it is read everywhere. */
export function jsonBody(
  description: string,
  schema: keyof typeof schemas,
  examples: Examples,
): Operation["requestBody"] & object {
  return {
    required: true,
    description:
      `${description} At most \`MAX_REQUEST_SIZE\` (16 MiB), before and after decompression (gzip, deflate, br). A ` +
      "`content-type` may be left out; `application/x-www-form-urlencoded` and `text/plain` are taken for JSON too, " +
      "because `curl -d` and browsers say so.",
    content: { "application/json": { schema: schemaRef(schema), examples } },
  };
}
