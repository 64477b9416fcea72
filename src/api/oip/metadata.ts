import pkg from "../../../package.json" with { type: "json" };
import { Cancellation } from "../../base/cancellation.ts";
import type { Pipeline } from "../../predict/pipeline.ts";
import { type Access, visibleSnapshot } from "../../registry/access.ts";
import type { ModelMetadata, TensorMetadata } from "../../registry/inference.ts";
import type { ModelEntry, OutputFormat, RegisteredModel } from "../../registry/model.ts";
import type { ModelState } from "../../registry/readiness.ts";
import type { Registry } from "../../registry/registry.ts";
import { datatypes } from "../../tensors/datatype.ts";
import { type PlannedTensor, planTensors, unnamedTensor } from "../../tensors/rows/tensor-plan.ts";
import type { CommonCall } from "../predict-call.ts";
import { isListed } from "../rest/kserve-model.ts";

/** The server metadata of the Open Inference Protocol. */
export const serverMetadata: {
  readonly name: string;
  readonly version: string;
  /** The extensions of the protocol that it supports. */
  readonly extensions: readonly string[];
} = { name: pkg.name, version: pkg.version, extensions: ["binary_tensor_data", "model_repository"] };

/** One model, as the repository extension of the protocol lists it. */
export interface IndexedModel {
  readonly name: string;
  /** Empty: only the model server knows its versions. */
  readonly version: "";
  readonly state: "READY" | "UNAVAILABLE" | "UNKNOWN";
  /** Why it cannot be used. Empty where it can. */
  readonly reason: string;
}

const states: Readonly<Record<ModelState, IndexedModel["state"]>> = {
  ready: "READY",
  "not-ready": "UNAVAILABLE",
  unreachable: "UNAVAILABLE",
  unknown: "UNKNOWN",
};

/**
 * The models that a caller may see: those that hold their name, or those of a namespace.
 *
 * @param options.ready only models that can be used
 * @throws RegistryError MODELS_NOT_LOADED, ACCESS_CHECK_FAILED
 */
export async function repositoryIndex(
  registry: Registry,
  access: Access,
  { namespace, ready = false }: { readonly namespace?: string | undefined; readonly ready?: boolean | undefined },
): Promise<readonly IndexedModel[]> {
  const isMeant = isListed(namespace);
  const { keys, models } = await visibleSnapshot(registry.loadedSnapshot, access, isMeant);
  return keys.flatMap((key) => {
    const model = models.get(key)!;
    if (!isMeant(model)) return [];
    const readiness = registry.readiness(key);
    const state = states[readiness.state];
    if (ready && state !== "READY") return [];
    return [{ name: model.name, version: "" as const, state, reason: readiness.reason }];
  });
}

/**
 * The inputs and outputs of a model. Where its server speaks the Open Inference Protocol and describes the model, that
 * description is used, as tensors are passed on to it unchanged; otherwise the entry's declarations are.
 *
 * @throws RegistryError as asking the model server does
 */
export async function modelMetadata(
  pipeline: Pick<Pipeline, "askMetadata">,
  model: RegisteredModel,
  { caller = new Cancellation(), deadlineMs }: Partial<Pick<CommonCall, "caller" | "deadlineMs">>,
): Promise<ModelMetadata> {
  const described = await pipeline.askMetadata(model, { caller, deadlineMs });
  const { platform = "", versions = [], inputs = [], outputs = [] } = described ?? {};
  return {
    platform,
    versions,
    inputs: inputs.length > 0 ? inputs : declaredInputs(model),
    outputs: outputs.length > 0 ? outputs : declaredOutputs(model.outputFormat),
  };
}

function declaredInputs({ inputFeatures }: ModelEntry): readonly TensorMetadata[] {
  const width = inputFeatures.length;
  if (width === 0) return [];
  const plan = planTensors([], inputFeatures);
  switch (plan.kind) {
    case "columns":
      return plan.tensors.map((tensor) => described(tensor, [-1, 1]));
    case "matrix":
      return [described(plan.tensor, [-1, width])];
    default:
      // Features without types are nearly always numbers.
      return [described(unnamedTensor(datatypes.FP64), [-1, width])];
  }
}

function described({ name, datatype }: PlannedTensor, shape: readonly number[]): TensorMetadata {
  return { name, datatype: datatype.name, shape };
}

/** A declared output is a number, alone, under a name, or in an array. */
function declaredOutputs(format: OutputFormat | undefined): readonly TensorMetadata[] {
  if (format === undefined) return [];
  const { field, shape = [] } = format;
  const isName = field !== undefined && !/^\d+$|\./.test(field);
  return [{ name: isName ? field : "output-0", datatype: "FP64", shape: [-1, ...shape] }];
}
