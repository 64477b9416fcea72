import { countJsonValues } from "./json/count-json-values.ts";
import type { Prediction } from "./pipeline.ts";
import { tooManyForMessages } from "./transcode/message-depth.ts";

/**
 * Asserts that objects may be made of a model's answer: in memory they are up to a hundred times as large as its text, and a
 * model server is believed no more than a caller.
 *
 * @throws RegistryError MODEL_BAD_ANSWER
 */
export function assertDecodable({ answer, maxValues = Number.POSITIVE_INFINITY }: Prediction): void {
  if (countJsonValues(answer.bytes, maxValues) > maxValues) throw tooManyForMessages(maxValues);
}
