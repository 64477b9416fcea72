import { countJsonValues } from "../../predict/json/count-json-values.ts";

/**
 * JSON with more values is not parsed: 1 MiB of brackets or names would hold up everybody for a tenth of a second. The
 * description of a model with the maximum number of tensors has this many.
 */
const maxValues = 40_000;

/**
 * Parses what a server answers to a question about itself or a model.
 *
 * @throws SyntaxError for what is not JSON; Error for JSON of too many values
 */
export function parseAnswer(body: Uint8Array): unknown {
  if (countJsonValues(body, maxValues) > maxValues) throw new Error(`the response has more than ${maxValues} values`);
  return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString());
}
