import { create, type JsonObject } from "@bufbuild/protobuf";
import type { ListValue } from "@bufbuild/protobuf/wkt";
import {
  type PredictRequest,
  type PredictResponse,
  PredictResponseSchema,
} from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import type { Tensor } from "../../../gen/kserve/registry/v1/prediction_pb.ts";
import { assertDecodable } from "../../predict/answer-values.ts";
import type { CheckedRequest } from "../../predict/checked-request.ts";
import type { PlannedCall, Prediction } from "../../predict/pipeline.ts";
import { readMembers, readValue } from "../../predict/transcode/read-value.ts";
import { readTensor, writeTensor } from "../../predict/transcode/tensor.ts";
import { writeInstances } from "../../predict/transcode/write-value.ts";
import { metadataOf } from "../../registry/model.ts";
import { invalidField } from "../../registry/registry-error.ts";

/** The input of a prediction, in the three forms of the contract. */
export interface InputMessage {
  input:
    | { readonly case: "instances"; readonly value: ListValue }
    | { readonly case: "tensor"; readonly value: Tensor }
    | { readonly case: "body"; readonly value: Uint8Array }
    | { readonly case: undefined; readonly value?: undefined };
  readonly parameters?: JsonObject | undefined;
}

/**
 * The KServe v1 request that an input stands for. Takes the input out of its message: its objects, many for each number, need
 * not be kept while the model works.
 *
 * @param isJson whether the message came as JSON, where an infinity is a number that no double holds
 * @throws RegistryError INVALID_REQUEST
 */
export function takeRequestBody(message: InputMessage, isJson: boolean): Uint8Array | CheckedRequest {
  const { input, parameters } = message;
  message.input = { case: undefined };
  switch (input.case) {
    case "instances":
      return writeInstances(input.value, parameters, isJson);
    case "tensor":
      return writeTensor(input.value, parameters);
    case "body":
      if (parameters !== undefined) {
        throw invalidField("parameters", "not together with body; write them into the body");
      }
      return input.value;
    default:
      throw invalidField("input", "missing; expected one of instances, tensor and body");
  }
}

/** What would be sent, for `validate_only`. */
export function plannedResponse({ model, ...request }: PlannedCall): PredictResponse {
  return create(PredictResponseSchema, { modelName: model.name, upstreamRequest: request });
}

/**
 * A prediction in the form of its input.
 *
 * @throws RegistryError PREDICTIONS_NOT_A_TENSOR, MODEL_BAD_ANSWER
 */
export function predictionResponse(prediction: Prediction, form: PredictRequest["input"]["case"]): PredictResponse {
  const { model, answer } = prediction;
  const { scanner } = answer;
  const response = create(PredictResponseSchema, { modelName: model.name, modelVersion: versionOf(prediction) });
  if (form === "body") {
    response.output = { case: "body", value: answer.bytes };
    return response;
  }
  assertDecodable(prediction);
  if (form === "tensor") {
    const { shape, values } = readTensor(scanner, answer.predictions, metadataOf(model));
    response.output = {
      case: "tensor",
      value: { $typeName: "kserve.registry.v1.Tensor", shape, values },
    };
  } else {
    response.output = { case: "predictions", value: readValue(scanner, answer.predictions) };
  }
  const extra = new Map(answer.others);
  extra.delete("model_name");
  extra.delete("model_version");
  if (extra.size > 0) response.extra = readMembers(scanner, extra);
  return response;
}

/** The version that a server gives its model, as text; else the registered version that the model is linked to; else empty. */
export function versionOf({ model, answer }: Pick<Prediction, "model" | "answer">): string {
  const { scanner, others } = answer;
  const span = others.get("model_version");
  if (span !== undefined) {
    const { kind } = readValue(scanner, span, Number.POSITIVE_INFINITY);
    if (kind.case === "stringValue" || kind.case === "numberValue") return String(kind.value);
  }
  return model.link?.predicts ?? "";
}
