import { create, fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { ListValueSchema, ValueSchema } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { type Model, PredictionCount } from "../../../gen/kserve/registry/v1/model_pb.ts";
import {
  EvaluateModelRequestSchema,
  ModelRegistry,
  PredictRequestSchema,
  type Verdict,
} from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { refOf } from "../live/model-ref.ts";
import { transport } from "../transport.ts";

/** What came of some rows. */
export interface Predicted {
  readonly predictions: readonly JsonValue[];
  /** What each prediction means, where the model declares that. */
  readonly verdicts: readonly Verdict[] | undefined;
  readonly modelVersion: string;
  /** How long it took, there and back, in milliseconds. */
  readonly ms: number;
  readonly instances: readonly JsonValue[];
}

const client = createClient(ModelRegistry, transport);

/** Asks a model. A model that says what its predictions mean is asked for that, too, in the same call. */
export async function predictRows(model: Model, instances: JsonValue[], signal: AbortSignal): Promise<Predicted> {
  const input = { case: "instances" as const, value: fromJson(ListValueSchema, instances) };
  const began = performance.now();
  const { outputFormat } = model;
  if (outputFormat !== undefined && outputFormat.count !== PredictionCount.ANY) {
    const request = create(EvaluateModelRequestSchema, { ...refOf(model), input });
    const { verdicts, modelVersion } = await client.evaluateModel(request, { signal });
    const predictions = verdicts.map(({ prediction }) => jsonOf(prediction));
    return { predictions, verdicts, modelVersion, instances, ms: performance.now() - began };
  }
  const { output, modelVersion } = await client.predict(create(PredictRequestSchema, { ...refOf(model), input }), {
    signal,
  });
  const answer = output.case === "predictions" ? toJson(ValueSchema, output.value) : null;
  const predictions = Array.isArray(answer) ? answer : [answer];
  return { predictions, verdicts: undefined, modelVersion, instances, ms: performance.now() - began };
}

export function jsonOf(value: Verdict["value"]): JsonValue {
  return value === undefined ? null : toJson(ValueSchema, value);
}
