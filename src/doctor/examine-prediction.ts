import { Cancellation } from "../base/cancellation.ts";
import { exampleRequest } from "../contract/example-request.ts";
import type { CallerReason } from "../predict/limits/time-limit.ts";
import { RegistryError } from "../registry/registry-error.ts";
import { type ExaminedModel, Finding, NothingToTry } from "./examination.ts";

/** Predicts with the example of the declared features, just as a caller would. */
export async function examinePrediction({ model, pipeline, timeoutMs }: ExaminedModel): Promise<string> {
  const example = exampleRequest(model);
  if (example === "") throw new NothingToTry("the entry declares no inputFeatures to make an example of");
  if (model.forwardAuthorization) throw new NothingToTry("the model needs a caller's token (forwardAuthorization)");
  try {
    const { answer } = await pipeline.predict(model, {
      body: () => Buffer.from(example),
      headers: {},
      caller: new Cancellation<CallerReason>(),
      deadlineMs: performance.now() + timeoutMs,
    });
    const { start, end } = answer.predictions;
    return `${example} gives ${Buffer.from(answer.bytes.subarray(start, end)).toString().slice(0, 200)}`;
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    const hint = error.failure?.hint ?? "Compare what the entry declares with what the model was trained on.";
    throw new Finding(`${example}: ${error.message}`, hint);
  }
}
