import { metadataOf, type RegisteredModel } from "./model.ts";
import { bodyExcerpt, modelWords } from "./model-words.ts";
import { RegistryError } from "./registry-error.ts";

/** The facts about an answer that is not a prediction. */
export interface BadAnswerFacts {
  /** The answer. Default: none is shown. */
  readonly body?: Uint8Array;
  /** The HTTP status. Default: 200. */
  readonly status?: number;
  /** How many times the model server was called. */
  readonly attempts: number;
  /** What an answer should look like, or what to do. */
  readonly hint: string;
  readonly cause?: unknown;
}

const nothing = new Uint8Array();

/** The error for an answer with HTTP 2xx that is not a prediction: why, and what it contains instead. */
export function badAnswer(model: RegisteredModel, why: string, facts: BadAnswerFacts): RegistryError {
  const { body = nothing, status = 200, attempts, hint, cause } = facts;
  const words = modelWords(body);
  return new RegistryError(
    "MODEL_BAD_ANSWER",
    `Model ${model.name} returned a response that is not a prediction: ${why}${words === "" ? "" : `. It says: ${words}`}`,
    {
      metadata: metadataOf(model),
      failure: { stage: "answer", upstreamStatus: status, upstreamBody: bodyExcerpt(body), attempts, hint },
      cause,
    },
  );
}
