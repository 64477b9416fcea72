import type { RestInference } from "../../registry/inference.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import type { InferenceAnswer, UpstreamInference, UpstreamTerms } from "../../registry/ports.ts";
import type { RegistryError } from "../../registry/registry-error.ts";
import { MalformedMessage } from "../../tensors/grpc/proto-reader.ts";
import { readGrpcMessage } from "../../tensors/grpc/read-message.ts";
import { readRestMessage } from "../../tensors/rest/read-message.ts";
import { type RestHead, writeRestMessage } from "../../tensors/rest/write-message.ts";
import { flatJson } from "../../tensors/rows/nested-json.ts";
import { badInput } from "../../tensors/rows/translated.ts";
import type { Tensor } from "../../tensors/tensor.ts";
import { TensorProblem } from "../../tensors/tensor-problem.ts";
import type { ModelClient, ModelResponse } from "../http/model-client.ts";
import type { DescribedModel } from "./describe-model.ts";
import { postInference } from "./post-inference.ts";

/** What passing a request on needs to know of its model and of failures. */
export interface PassingParts {
  readonly client: ModelClient;
  readonly describe: (call: UpstreamTerms) => Promise<DescribedModel>;
  readonly failed: (model: RegisteredModel, response: ModelResponse) => RegistryError;
  readonly maxJsonDepth: number;
}

/**
 * Passes an inference request on as it is, where the server takes its form: it is not even read. The blocks of the binary tensor
 * extension become JSON for a server without it.
 *
 * @throws RegistryError
 */
export async function passInference(parts: PassingParts, call: UpstreamInference): Promise<InferenceAnswer> {
  const { model } = call;
  const request = await acceptable(parts, call);
  const response = await postInference(parts.client, call, request);
  const { status, attempts, body, jsonBytes } = response;
  if (status === 200 || status === 201) return { answer: { form: "rest", body, jsonBytes }, attempts };
  // Some servers call it their own failure: the caller's mistake must be seen here, once it matters.
  if (status >= 500) assertReadable(model, request, parts.maxJsonDepth);
  throw parts.failed(model, response);
}

/** The request in a form that the server takes. */
async function acceptable({ describe, maxJsonDepth }: PassingParts, call: UpstreamInference): Promise<RestInference> {
  const { request, model } = call;
  if (request.form === "grpc") {
    return read(model, () => {
      const { tensors, requested, id, parameters, modelVersion: version } = readGrpcMessage(request, "inputs");
      return { ...inJson({ id, parameters, requested }, tensors), version };
    });
  }
  if (request.jsonBytes === undefined) return request;
  const { dialect } = await describe(call);
  if (dialect.binary) return request;
  return read(model, () => {
    const { tensors, requested, id, parameters } = readRestMessage(request, "inputs", maxJsonDepth);
    return { ...inJson({ id, parameters, requested }, tensors), version: request.version };
  });
}

function inJson(head: RestHead, tensors: readonly Tensor[]): RestInference {
  const written = tensors.map((tensor, i) => ({ ...tensor, data: { json: flatJson(tensor, `inputs[${i}]`) } }));
  return writeRestMessage(head, "inputs", written);
}

/** Asserts that a request can be read at all, and that its tensors have as many elements as their shapes say. */
function assertReadable(model: RegisteredModel, request: RestInference, maxJsonDepth: number): void {
  read(model, () => {
    const { tensors } = readRestMessage(request, "inputs", maxJsonDepth);
    for (const [i, tensor] of tensors.entries()) flatJson(tensor, `inputs[${i}]`);
  });
}

/** @throws RegistryError for what the caller sent wrongly */
function read<T>(model: RegisteredModel, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof TensorProblem) throw badInput(model, error);
    if (error instanceof MalformedMessage) throw badInput(model, new TensorProblem("message", error.message));
    throw error;
  }
}
