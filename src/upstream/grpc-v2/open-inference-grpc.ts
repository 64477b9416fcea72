import { badAnswer } from "../../registry/bad-answer.ts";
import type { InferenceBytes, ModelMetadata } from "../../registry/inference.ts";
import type { MemoryBudget } from "../../registry/memory-budget.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import type { AnswerForm, UpstreamTerms } from "../../registry/ports.ts";
import type { Readiness } from "../../registry/readiness.ts";
import { RegistryError } from "../../registry/registry-error.ts";
import { MalformedMessage } from "../../tensors/grpc/proto-reader.ts";
import { readGrpcMessage } from "../../tensors/grpc/read-message.ts";
import { renameModel } from "../../tensors/grpc/rename-model.ts";
import { writeGrpcMessage } from "../../tensors/grpc/write-message.ts";
import { readRestMessage } from "../../tensors/rest/read-message.ts";
import { withoutRestParameters } from "../../tensors/rest/without-rest-parameters.ts";
import { badInput, inferenceHint, translateAnswer, translateRequest } from "../../tensors/rows/translated.ts";
import type { InferAnswer, Parameters } from "../../tensors/tensor.ts";
import { TensorProblem } from "../../tensors/tensor-problem.ts";
import { type Asker, DescriptionCache } from "../description-cache.ts";
import type { Protocol } from "../protocol.ts";
import type { GrpcClient } from "./grpc-client.ts";
import { errorFromGrpcStatus } from "./grpc-status.ts";
import { namingRequest, readModelMetadata, readModelNames, readReady, readServerName } from "./model-answers.ts";

const service = "inference.GRPCInferenceService";
const form: AnswerForm = { keys: ["predictions"], hint: inferenceHint };
const unimplemented = 12;
const noMetadata: ModelMetadata = { platform: "", versions: [], inputs: [], outputs: [] };

/** What is asked for once of the server of a model. */
interface Description {
  readonly metadata: ModelMetadata;
  /** Whether it leaves raw contents unread, as TorchServe does. */
  readonly takesTypedAlone: boolean;
}

export interface OpenInferenceGrpcOptions {
  readonly grpc: GrpcClient;
  /** How large an answer may become as JSON. */
  readonly maxResponseBytes: number;
  readonly memory: MemoryBudget;
  /** How deep the JSON of requests that come by REST may be nested. */
  readonly maxJsonDepth: number;
}

/** Speaks the Open Inference Protocol over gRPC with model servers. */
export function createOpenInferenceGrpc({
  grpc,
  maxResponseBytes,
  memory,
  maxJsonDepth,
}: OpenInferenceGrpcOptions): Protocol {
  const ask = async <Answer>(
    model: RegisteredModel,
    method: string,
    request: Uint8Array,
    { cancellation, authorization }: Asker,
    read: (message: Uint8Array) => Answer,
  ): Promise<Answer | undefined> => {
    const { status, message } = await grpc.ask(model, {
      method: `${service}/${method}`,
      pieces: [request],
      ...(authorization === undefined ? {} : { headers: { authorization } }),
      cancellation,
    });
    if (status.code === unimplemented) return undefined;
    if (status.code !== 0) throw errorFromGrpcStatus(model, status, 1);
    return readOr(model, 1, () => read(message));
  };

  const descriptions = new DescriptionCache<Description>(async (model, asker) => {
    const [metadata = noMetadata, serverName = ""] = await Promise.all([
      ask(model, "ModelMetadata", namingRequest(model.model), asker, readModelMetadata),
      ask(model, "ServerMetadata", new Uint8Array(), asker, readServerName),
    ]);
    return { metadata, takesTypedAlone: /^torchserve/i.test(serverName) };
  });

  const infer = async (
    { model, headers, cancellation, holder, deadlineMs }: UpstreamTerms,
    pieces: readonly Uint8Array[],
  ): Promise<{ readonly message: Buffer; readonly attempts: number }> => {
    try {
      return await grpc.call(model, {
        method: `${service}/ModelInfer`,
        pieces,
        headers,
        cancellation,
        deadlineMs,
        holder,
      });
    } catch (error) {
      if (error instanceof RegistryError) descriptions.doubt(model);
      throw error;
    }
  };

  return {
    name: "open-inference-grpc",
    title: "Open Inference Protocol (v2) over gRPC",
    modelPath: () => `/${service}/ModelReady`,
    predictPath: () => `/${service}/ModelInfer`,

    async predict(call) {
      const { model, body, cancellation, headers, holder } = call;
      const { metadata, takesTypedAlone } = await descriptions.of(model, {
        cancellation,
        authorization: headers.authorization,
      });
      const { tensors, parameters, count } = translateRequest(model, body, metadata, { as: "raw" });
      const head = { id: headers["x-request-id"] ?? "", modelName: model.model, modelVersion: "", parameters };
      const request = writeGrpcMessage(head, "inputs", tensors, !takesTypedAlone && !isFrame(parameters));
      if (holder !== undefined) memory.takeAtLeast(holder, request.message.byteLength);
      const { message, attempts } = await infer(call, [request.message]);
      const read = (): InferAnswer => {
        const { tensors: outputs, ...answer } = readMessage(message);
        return { ...answer, outputs };
      };
      const answer = translateAnswer(model, read, count, metadata, maxResponseBytes, { attempts });
      if (holder !== undefined) memory.takeAtLeast(holder, answer.byteLength);
      return { body: answer, form, attempts };
    },

    async infer(call) {
      const { model, request } = call;
      const { message, attempts } = await infer(call, piecesFor(model, request, maxJsonDepth));
      return { answer: { form: "grpc", message }, attempts };
    },

    async askMetadata(model, cancellation) {
      return (await descriptions.of(model, { cancellation })).metadata;
    },

    async askReadiness(model, cancellation, closes = false) {
      const { status, message } = await grpc.ask(model, {
        method: `${service}/ModelReady`,
        pieces: [namingRequest(model.model)],
        cancellation,
        closes,
      });
      return { status: 200, location: undefined, readiness: readinessOf(model, status, message) };
    },

    async askNames(model, cancellation) {
      const { status, message } = await grpc.ask(model, {
        method: `${service}/RepositoryIndex`,
        pieces: [new Uint8Array()],
        cancellation,
      });
      return status.code === 0 ? readOr(model, 1, () => readModelNames(message)) : [];
    },
  };
}

/** KServe's server makes a frame without rows of raw contents. */
function isFrame(parameters: Parameters): boolean {
  return parameters.get("content_type") === "pd";
}

/** A request of a caller as the server takes it. @throws RegistryError INVALID_REQUEST */
function piecesFor(model: RegisteredModel, request: InferenceBytes, maxJsonDepth: number): readonly Uint8Array[] {
  try {
    if (request.form === "grpc") return renameModel(request.message, model.model);
    const { tensors, ...rest } = readRestMessage(request, "inputs", maxJsonDepth);
    const head = {
      ...rest,
      modelName: model.model,
      parameters: withoutRestParameters(rest.parameters),
      requested: rest.requested.map(({ name, parameters }) => ({
        name,
        parameters: withoutRestParameters(parameters),
      })),
    };
    return [writeGrpcMessage(head, "inputs", tensors, !isFrame(rest.parameters)).message];
  } catch (error) {
    if (error instanceof TensorProblem) throw badInput(model, error);
    if (error instanceof MalformedMessage) throw badInput(model, malformed(error));
    throw error;
  }
}

/** @throws TensorProblem */
function readMessage(message: Uint8Array): ReturnType<typeof readGrpcMessage> {
  try {
    return readGrpcMessage({ form: "grpc", message }, "outputs");
  } catch (error) {
    if (error instanceof MalformedMessage) throw malformed(error);
    throw error;
  }
}

function malformed({ message }: MalformedMessage): TensorProblem {
  return new TensorProblem("message", `is not in the wire format of protobuf: ${message}`);
}

/** @throws RegistryError MODEL_BAD_ANSWER */
function readOr<Answer>(model: RegisteredModel, attempts: number, read: () => Answer): Answer {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedMessage)
      throw badAnswer(model, malformed(error).message, { attempts, hint: inferenceHint });
    throw error;
  }
}

function readinessOf(
  model: RegisteredModel,
  status: { readonly code: number; readonly message: string },
  message: Uint8Array,
): Readiness {
  const checkTime = new Date();
  if (status.code === 0) {
    return readOr(model, 1, () => readReady(message))
      ? { state: "ready", reason: "", checkTime }
      : { state: "not-ready", reason: "the model server says that it is not ready", checkTime };
  }
  const { message: reason } = errorFromGrpcStatus(model, status, 1);
  if (status.code === unimplemented) return { state: "unknown", reason, checkTime, unanswered: true };
  return { state: "not-ready", reason, checkTime };
}
