import { wantedUnless } from "../../base/cancellation.ts";
import { finishInSlices, type Slices } from "../../base/in-slices.ts";
import type { RestInference } from "../../registry/inference.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import type { InferenceAnswer, UpstreamInference, UpstreamTerms } from "../../registry/ports.ts";
import type { RegistryError } from "../../registry/registry-error.ts";
import { byCaller } from "../../tensors/by-caller.ts";
import { heldAsJson } from "../../tensors/elements/convert-elements.ts";
import { type JsonLimits, readRestMessage } from "../../tensors/rest/read-message.ts";
import { writeRestMessage } from "../../tensors/rest/write-message.ts";
import { sliceTensors, type Tensor } from "../../tensors/tensor.ts";
import type { ModelClient, ModelResponse } from "../http/model-client.ts";
import type { DescribedModel } from "./describe-model.ts";
import { postInference } from "./post-inference.ts";

/** What passing a request on needs to know of its model and of failures. */
export interface PassingParts {
  readonly client: ModelClient;
  readonly describe: (call: UpstreamTerms) => DescribedModel | Promise<DescribedModel>;
  readonly failed: (model: RegisteredModel, response: ModelResponse) => RegistryError;
  readonly json: JsonLimits;
}

/**
 * Passes an inference request on as it is: it is not even read. The blocks of the binary tensor extension become JSON for a
 * server without it.
 *
 * @throws RegistryError
 */
export async function passInference(parts: PassingParts, call: UpstreamInference): Promise<InferenceAnswer> {
  const { model } = call;
  const request = call.request as RestInference;
  const sent = request.jsonBytes === undefined ? request : await acceptable(parts, call, request);
  const response = await postInference(parts.client, call, sent);
  const { status, attempts, body, jsonBytes } = response;
  if (status !== 200 && status !== 201) throw parts.failed(model, response);
  return { answer: { form: "rest", body, jsonBytes }, attempts };
}

/** A request with blocks in a form that the server takes. */
async function acceptable(
  { describe, json }: PassingParts,
  call: UpstreamInference,
  request: RestInference,
): Promise<RestInference> {
  const { dialect } = await describe(call);
  if (dialect.binary) return request;
  return await byCaller(call.model, () =>
    finishInSlices(withoutBlocks(request, json), wantedUnless(call.cancellation)),
  );
}

/** A request with all elements as JSON. */
function* withoutBlocks(request: RestInference, json: JsonLimits): Slices<RestInference> {
  const { tensors, ...head } = yield* readRestMessage(request, "inputs", json);
  const held: Tensor[] = [];
  for (const [i, tensor] of tensors.entries()) {
    if (i % sliceTensors === sliceTensors - 1) yield;
    held.push(yield* heldAsJson(tensor, `inputs[${i}]`));
  }
  return { ...writeRestMessage(head, "inputs", held), version: request.version };
}
