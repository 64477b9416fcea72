import { TooManyValues } from "../predict/json/json-scanner.ts";
import { requestOfTooManyValues } from "../predict/json/too-many-values.ts";
import { metadataOf, type RegisteredModel } from "../registry/model.ts";
import { RegistryError } from "../registry/registry-error.ts";
import { TensorProblem } from "./tensor-problem.ts";

/**
 * Does something, at once or as a promise, whose problems are the caller's mistakes.
 *
 * @throws RegistryError INVALID_INSTANCE for a row, REQUEST_TOO_LARGE for too many values, INVALID_REQUEST for anything else
 */
export function byCaller<T>(model: RegisteredModel, run: () => T): T {
  const refuse = (error: unknown): never => {
    if (error instanceof TooManyValues) throw requestOfTooManyValues(error);
    if (!(error instanceof TensorProblem)) throw error;
    const { field, description, message } = error;
    throw new RegistryError(field.startsWith("instances") ? "INVALID_INSTANCE" : "INVALID_REQUEST", message, {
      metadata: metadataOf(model),
      violations: [{ field, description }],
      failure: { stage: "check" },
    });
  };
  try {
    const done = run();
    return done instanceof Promise ? (done.catch(refuse) as T) : done;
  } catch (error) {
    return refuse(error);
  }
}
