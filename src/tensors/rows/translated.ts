import { wantedUnless } from "../../base/cancellation.ts";
import { inSlices, once } from "../../base/in-slices.ts";
import type { ModelMetadata } from "../../registry/inference.ts";
import { metadataOf, type RegisteredModel } from "../../registry/model.ts";
import type { RowsInBody, UpstreamCall } from "../../registry/ports.ts";
import { RegistryError } from "../../registry/registry-error.ts";
import { byCaller } from "../by-caller.ts";
import { noParameters, type Parameters } from "../tensor.ts";
import { TensorProblem } from "../tensor-problem.ts";
import { readInstances } from "./instances.ts";
import type { HeldAs } from "./row-cells.ts";
import { knownRows, rowsToTensors } from "./rows-to-tensors.ts";
import { type RowBatch, splitRows } from "./split-rows.ts";
import { planTensors, type TensorPlan } from "./tensor-plan.ts";

/** A KServe v1 request as what a server of the Open Inference Protocol takes. */
export interface TranslatedRequest {
  /** One, unless there are more rows than the server takes at a time. */
  readonly batches: Iterable<RowBatch>;
  /** Of each batch. */
  readonly parameters: Parameters;
}

/** Each description is one object, so that its plan is made once for all calls. */
const plans = new WeakMap<ModelMetadata, WeakMap<RegisteredModel, TensorPlan>>();

/**
 * Makes tensors of a KServe v1 request, as the server of a model describes its inputs and its entry declares its features; of a
 * long one in slices.
 *
 * @param request whose syntax and rows have been checked
 * @param metadata to be the same object from one call to the next
 * @param maxRows how many rows the server takes at a time. More are split, and held as raw bytes then
 * @throws RegistryError INVALID_INSTANCE, INVALID_REQUEST; MODEL_BAD_ANSWER where entry and server contradict each other
 */
export function translateRequest(
  model: RegisteredModel,
  { body, rows, cancellation }: Pick<UpstreamCall, "body" | "rows" | "cancellation">,
  metadata: ModelMetadata,
  heldAs: HeldAs,
  maxRows: number,
): TranslatedRequest | Promise<TranslatedRequest> {
  const plan = planOf(model, metadata);
  return byCaller(model, () => {
    // Nearly all requests, and without a slice.
    const known = rows?.areAlone === true ? knownRows(body, rows, plan, heldAs) : undefined;
    if (known !== undefined && known.count <= maxRows) return { batches: [known], parameters: noParameters };
    return inSlices(translation(body, rows, plan, heldAs, maxRows), wantedUnless(cancellation));
  });
}

/** What translates a request, to be called until it does not throw `outOfTurn`. */
function translation(
  body: Uint8Array,
  rows: RowsInBody | undefined,
  plan: TensorPlan,
  heldAs: HeldAs,
  maxRows: number,
): () => TranslatedRequest {
  const read = once(readInstances(body, rows));
  const making = once(() => rowsToTensors(read(), plan, heldAs));
  const made = once(() => making()());
  const makingRaw = once(() => (heldAs.as === "raw" ? made : rowsToTensors(read(), plan, { as: "raw" })));
  return () => {
    const tensors = made();
    const parameters = new Map([...tensors.parameters, ...read().parameters]);
    if (tensors.count <= maxRows) return { batches: [tensors], parameters };
    return { batches: splitRows(makingRaw()(), maxRows), parameters };
  };
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
