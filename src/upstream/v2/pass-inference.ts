import { wantedUnless } from "../../base/cancellation.ts";
import { finishInSlices, type Slices } from "../../base/in-slices.ts";
import type { RestInference } from "../../registry/inference.ts";
import type { InferenceAnswer, UpstreamInference } from "../../registry/ports.ts";
import { byCaller } from "../../tensors/by-caller.ts";
import { heldAsJson } from "../../tensors/elements/convert-elements.ts";
import { type JsonLimits, readRestMessage } from "../../tensors/rest/read-message.ts";
import { writeRestMessage } from "../../tensors/rest/write-message.ts";
import { sliceTensors, type Tensor } from "../../tensors/tensor.ts";
import { assertAnswered, postInference } from "./post-inference.ts";
import type { RestParts } from "./rest-parts.ts";

/**
 * Passes an inference request on as it is: it is not even read. The blocks of the binary tensor extension become JSON for a
 * server without it.
 *
 * @throws RegistryError
 */
export async function passInference(parts: RestParts, call: UpstreamInference): Promise<InferenceAnswer> {
  const { model } = call;
  const request = call.request as RestInference;
  const sent = request.jsonBytes === undefined ? request : await acceptable(parts, call, request);
  const response = await postInference(parts.client, call, sent);
  assertAnswered(parts, model, response);
  const { attempts, body, jsonBytes } = response;
  return { answer: { form: "rest", body, jsonBytes }, attempts };
}

/** A request with blocks in a form that the server takes. */
async function acceptable(
  { describe, json }: RestParts,
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
