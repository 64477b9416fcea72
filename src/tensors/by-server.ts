import { TooManyValues } from "../predict/json/json-scanner.ts";
import { answerOfTooManyValues, fewerValuesHint } from "../predict/json/too-many-values.ts";
import { type BadAnswerFacts, badAnswer } from "../registry/bad-answer.ts";
import type { RegisteredModel } from "../registry/model.ts";
import { TensorProblem } from "./tensor-problem.ts";

/** What an answer of the Open Inference Protocol looks like. */
export const inferenceHint =
  'A model of the Open Inference Protocol answers {"outputs": [{"name", "shape", "datatype", "data"}]}, each output with as many elements as its shape says.';

/**
 * Does something, at once or as a promise, whose problems are faults of the model server.
 *
 * @throws RegistryError MODEL_BAD_ANSWER
 */
export function byServer<T>(model: RegisteredModel, facts: Omit<BadAnswerFacts, "hint" | "cause">, run: () => T): T {
  const refuse = (error: unknown): never => {
    if (error instanceof TooManyValues)
      throw badAnswer(model, answerOfTooManyValues(error), { ...facts, hint: fewerValuesHint });
    if (!(error instanceof TensorProblem)) throw error;
    throw badAnswer(model, error.message, { ...facts, hint: inferenceHint });
  };
  try {
    const done = run();
    return done instanceof Promise ? (done.catch(refuse) as T) : done;
  } catch (error) {
    return refuse(error);
  }
}
