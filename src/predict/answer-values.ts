import { countJsonValues } from "./json/count-json-values.ts";
import type { Prediction } from "./pipeline.ts";
import { tooManyForMessages } from "./transcode/message-depth.ts";

/**
 * Asserts that a model's answer has few enough values to be decoded into objects, which take up to a hundred times as
 * much memory as its text: model servers are trusted no more than callers.
 *
 * @throws RegistryError MODEL_BAD_ANSWER
 */
export function assertDecodable({ answer, maxValues = Number.POSITIVE_INFINITY }: Prediction): void {
  if (countJsonValues(answer.bytes, maxValues) > maxValues) throw tooManyForMessages(maxValues);
}
