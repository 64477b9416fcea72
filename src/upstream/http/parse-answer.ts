import { countJsonValues } from "../../predict/json/count-json-values.ts";

/**
 * JSON of more values is not parsed: 1 MiB of brackets or of names would hold up everybody for a tenth of a second. As many as
 * the description of a model with all the tensors that one may have.
 */
const maxValues = 40_000;

/**
 * Parses what a server answers to a question about itself or a model.
 *
 * @throws SyntaxError for what is not JSON; Error for JSON of too many values
 */
export function parseAnswer(body: Uint8Array): unknown {
  if (countJsonValues(body, maxValues) > maxValues) throw new Error(`the answer holds more than ${maxValues} values`);
  return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString());
}
