import { metadataOf, type RegisteredModel } from "./model.ts";
import { bodyExcerpt, modelWords } from "./model-words.ts";
import { RegistryError } from "./registry-error.ts";

/** An answer with HTTP 200 that is no prediction: why, and what it says instead. */
export function badAnswer(
  model: RegisteredModel,
  why: string,
  body: Uint8Array,
  attempts: number,
  cause?: unknown,
): RegistryError {
  const words = modelWords(body);
  return new RegistryError(
    "MODEL_BAD_ANSWER",
    `Model ${model.name} gave an answer that is no prediction: ${why}${words === "" ? "" : `. It says: ${words}`}`,
    {
      metadata: metadataOf(model),
      failure: {
        stage: "answer",
        upstreamStatus: 200,
        upstreamBody: bodyExcerpt(body),
        attempts,
        hint: 'A KServe v1 answer is {"predictions": [...]} with one prediction per instance.',
      },
      cause,
    },
  );
}
