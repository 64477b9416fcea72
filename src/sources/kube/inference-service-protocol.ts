import { isRecord } from "../../base/field-reader.ts";
import type { ModelProtocol } from "../../registry/model.ts";

/** What `protocolVersion` may say of what this service speaks. */
const protocols: Readonly<Record<string, ModelProtocol>> = { v1: "v1", v2: "v2", "grpc-v2": "grpc-v2" };

/** What KServe's own runtimes speak, by the name of the ClusterServingRuntime, where the InferenceService says nothing else. */
const runtimes: readonly (readonly [name: RegExp, protocol: ModelProtocol])[] = [
  [/mlserver/, "v2"],
  [/triton/, "v2"],
  [/^(?:kserve-)?huggingfaceserver/, "v2"],
];

/** Formats that KServe gives a protocol where none is named: `model.modelFormat.name`, or the older key of the predictor. */
const formats: Readonly<Record<string, ModelProtocol>> = { triton: "v2", huggingface: "v2", onnx: "v2" };

/**
 * What the model server of an InferenceService speaks, as its predictor says: `model.protocolVersion`, else its runtime, else
 * its format; of a container the variable `PROTOCOL`. Undefined where nothing says.
 */
export function protocolOf(
  predictor: Readonly<Record<string, unknown>>,
  annotations: Readonly<Record<string, string>> = {},
): ModelProtocol | undefined {
  const model = isRecord(predictor.model) ? predictor.model : olderModel(predictor);
  if (model === undefined) return protocolOfContainer(predictor.containers);
  const { protocolVersion, runtime, modelFormat } = model;
  if (typeof protocolVersion === "string" && protocolVersion !== "") return protocols[protocolVersion];
  const serverType = annotations["serving.kserve.io/server-type"];
  for (const name of [runtime, serverType]) {
    const known = typeof name === "string" ? runtimes.find(([pattern]) => pattern.test(name)) : undefined;
    if (known !== undefined) return known[1];
  }
  const format = isRecord(modelFormat) ? modelFormat.name : undefined;
  return typeof format === "string" && Object.hasOwn(formats, format) ? formats[format] : undefined;
}

/** A predictor in the older form, `{triton: {...}}`, in the newer one. */
function olderModel(predictor: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | undefined {
  for (const name of [
    "triton",
    "onnx",
    "huggingface",
    "sklearn",
    "xgboost",
    "lightgbm",
    "pmml",
    "paddle",
    "tensorflow",
    "pytorch",
  ]) {
    const older = predictor[name];
    if (isRecord(older)) return { ...older, modelFormat: { name } };
  }
  return undefined;
}

/** KServe passes nothing on to a container of one's own but this. */
function protocolOfContainer(containers: unknown): ModelProtocol | undefined {
  const [container] = Array.isArray(containers) ? containers : [];
  const env = isRecord(container) && Array.isArray(container.env) ? container.env : [];
  const value = env.filter(isRecord).find(({ name }) => name === "PROTOCOL")?.value;
  return typeof value === "string" ? protocols[value] : undefined;
}
