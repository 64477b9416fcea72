import { type BadAnswerFacts, badAnswer } from "../../registry/bad-answer.ts";
import type { ModelMetadata } from "../../registry/inference.ts";
import { metadataOf, type RegisteredModel } from "../../registry/model.ts";
import { RegistryError } from "../../registry/registry-error.ts";
import type { InferAnswer, Parameters, Tensor } from "../tensor.ts";
import { TensorProblem } from "../tensor-problem.ts";
import { readInstances } from "./instances.ts";
import type { HeldAs } from "./row-cells.ts";
import { rowsToTensors } from "./rows-to-tensors.ts";
import { planTensors, type TensorPlan } from "./tensor-plan.ts";
import { predictionsBody } from "./tensors-to-predictions.ts";

/** A KServe v1 request as what a server of the Open Inference Protocol takes. */
export interface TranslatedRequest {
  readonly tensors: readonly Tensor[];
  readonly parameters: Parameters;
  /** How many rows there are. */
  readonly count: number;
}

/** Each description is one object, so that its plan is made once for all calls. */
const plans = new WeakMap<ModelMetadata, WeakMap<RegisteredModel, TensorPlan>>();

/**
 * Makes tensors of a KServe v1 request, as the server of a model describes its inputs and its entry declares its features.
 *
 * @param body a request whose syntax and rows have been checked
 * @param metadata to be the same object from one call to the next
 * @throws RegistryError INVALID_INSTANCE, INVALID_REQUEST; MODEL_BAD_ANSWER where entry and server contradict each other
 */
export function translateRequest(
  model: RegisteredModel,
  body: Uint8Array,
  metadata: ModelMetadata,
  heldAs: HeldAs,
): TranslatedRequest {
  const plan = planOf(model, metadata);
  try {
    const instances = readInstances(body);
    const { tensors, parameters, count } = rowsToTensors(instances, plan, heldAs);
    return { tensors, parameters: new Map([...parameters, ...instances.parameters]), count };
  } catch (error) {
    if (error instanceof TensorProblem) throw badInput(model, error);
    throw error;
  }
}

function planOf(model: RegisteredModel, metadata: ModelMetadata): TensorPlan {
  let byModel = plans.get(metadata);
  if (byModel === undefined) {
    byModel = new WeakMap();
    plans.set(metadata, byModel);
  }
  let plan = byModel.get(model);
  if (plan === undefined) {
    try {
      plan = planTensors(metadata.inputs, model.inputFeatures);
    } catch (error) {
      if (error instanceof TensorProblem) throw contradiction(model, error);
      throw error;
    }
    byModel.set(model, plan);
  }
  return plan;
}

/** A problem of what a caller sent, as an error of its own. */
export function badInput(model: RegisteredModel, { field, description, message }: TensorProblem): RegistryError {
  return new RegistryError(field.startsWith("instances") ? "INVALID_INSTANCE" : "INVALID_REQUEST", message, {
    metadata: metadataOf(model),
    violations: [{ field, description }],
    failure: { stage: "check" },
  });
}

function contradiction(model: RegisteredModel, problem: TensorProblem): RegistryError {
  return new RegistryError(
    "MODEL_BAD_ANSWER",
    `Model ${model.name} cannot be called as its server describes it: ${problem.message}`,
    {
      metadata: metadataOf(model),
      failure: {
        stage: "check",
        hint: "Let inputFeatures of the entry name the inputs of the model (GET /v2/models/{model} of its server lists them).",
      },
      cause: problem,
    },
  );
}

/** What an answer of the Open Inference Protocol should look like. */
export const inferenceHint =
  'A model of the Open Inference Protocol answers {"outputs": [{"name", "shape", "datatype", "data"}]}, with one row for each instance.';

/**
 * Makes a KServe v1 answer of the outputs of a model.
 *
 * @param read reads the answer; throws TensorProblem
 * @throws RegistryError MODEL_BAD_ANSWER
 */
export function translateAnswer(
  model: RegisteredModel,
  read: () => InferAnswer,
  count: number,
  metadata: ModelMetadata,
  maxBytes: number,
  facts: Omit<BadAnswerFacts, "hint" | "cause">,
): Buffer {
  try {
    return predictionsBody(read(), count, metadata.outputs, maxBytes);
  } catch (error) {
    if (error instanceof TensorProblem) throw badAnswer(model, error.message, { ...facts, hint: inferenceHint });
    throw error;
  }
}
