import { wantedUnless } from "../../base/cancellation.ts";
import { finishInSlices, inSlices } from "../../base/in-slices.ts";
import type { GrpcInference, ModelMetadata } from "../../registry/inference.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import type { AnswerForm, UpstreamTerms } from "../../registry/ports.ts";
import type { Readiness } from "../../registry/readiness.ts";
import { byCaller } from "../../tensors/by-caller.ts";
import { byServer, inferenceHint } from "../../tensors/by-server.ts";
import { type GrpcMessage, readGrpcMessage } from "../../tensors/grpc/read-message.ts";
import { renameModel } from "../../tensors/grpc/rename-model.ts";
import { grpcMessagePieces } from "../../tensors/grpc/write-message.ts";
import { isFrame } from "../../tensors/rows/tensor-plan.ts";
import { predictionsBody } from "../../tensors/rows/tensors-to-predictions.ts";
import { translateRequest } from "../../tensors/rows/translated.ts";
import { type Asker, DescriptionCache } from "../description-cache.ts";
import { type BatchLimits, predictBatches } from "../predict-batches.ts";
import type { Protocol } from "../protocol.ts";
import type { GrpcClient } from "./grpc-client.ts";
import { errorFromGrpcStatus } from "./grpc-status.ts";
import {
  namingRequest,
  readMaxBatchSize,
  readModelMetadata,
  readModelNames,
  readReady,
  readServerName,
} from "./model-answers.ts";

const service = "/inference.GRPCInferenceService";
/** A constant, as caches use the path as their key. */
const inferPath = `${service}/ModelInfer`;
const form: AnswerForm = { keys: ["predictions"], hint: inferenceHint };
const unimplemented = 12;
const noMetadata: ModelMetadata = { platform: "", versions: [], inputs: [], outputs: [] };

/** The facts about a model that its server is asked for once. */
interface Description {
  readonly metadata: ModelMetadata;
  /** Whether it ignores raw contents, as TorchServe does. */
  readonly takesTypedAlone: boolean;
  /** How many rows it accepts at a time; infinite where it does not say. */
  readonly maxRows: number;
}

export interface OpenInferenceGrpcOptions {
  readonly grpc: GrpcClient;
  /** `maxResponseBytes` is how large an answer may become as JSON. */
  readonly limits: BatchLimits;
}

/** Calls model servers by the Open Inference Protocol over gRPC. */
export function createOpenInferenceGrpc({ grpc, limits }: OpenInferenceGrpcOptions): Protocol {
  const ask = async <Answer>(
    model: RegisteredModel,
    method: string,
    request: Uint8Array,
    { cancellation, authorization, holder }: Asker,
    read: (message: Uint8Array) => Answer,
  ): Promise<Answer | undefined> => {
    const { status, message } = await grpc.ask(model, {
      path: `${service}/${method}`,
      pieces: [request],
      ...(authorization === undefined ? {} : { headers: { authorization } }),
      cancellation,
      holder,
    });
    if (status.code === unimplemented) return undefined;
    if (status.code !== 0) throw errorFromGrpcStatus(model, status, 1);
    return byServer(model, { attempts: 1 }, () => read(message));
  };

  const descriptions = new DescriptionCache<Description>(limits.memory, async (model, asker) => {
    const [metadata = noMetadata, serverName = ""] = await Promise.all([
      ask(model, "ModelMetadata", namingRequest(model.model), asker, readModelMetadata),
      ask(model, "ServerMetadata", new Uint8Array(), asker, readServerName),
    ]);
    const maxBatchSize = /^triton/i.test(serverName)
      ? await ask(model, "ModelConfig", namingRequest(model.model), asker, readMaxBatchSize)
      : undefined;
    // 0 means that the model does not support batches.
    return {
      metadata,
      takesTypedAlone: /^torchserve/i.test(serverName),
      maxRows: maxBatchSize || Number.POSITIVE_INFINITY,
    };
  });

  const infer = (
    { model, headers, cancellation, holder, deadlineMs }: UpstreamTerms,
    pieces: readonly Uint8Array[],
  ): Promise<{ readonly message: Buffer; readonly attempts: number }> =>
    grpc.call(model, {
      path: inferPath,
      pieces,
      headers,
      cancellation,
      deadlineMs,
      holder,
      onError: () => descriptions.doubt(model),
    });

  return {
    name: "open-inference-grpc",
    title: "Open Inference Protocol (v2) over gRPC",
    modelPath: () => `${service}/ModelReady`,
    predictPath: () => inferPath,

    async predict(call) {
      const { model, cancellation, headers, holder } = call;
      const { metadata, takesTypedAlone, maxRows } = await descriptions.of(model, {
        cancellation,
        authorization: headers.authorization,
      });
      const translating = translateRequest(model, call, metadata, { as: "raw" }, maxRows);
      const assertWanted = wantedUnless(cancellation);
      const { batches, parameters } = translating instanceof Promise ? await translating : translating;
      const head = { id: headers["x-request-id"] ?? "", modelName: model.model, modelVersion: "", parameters };
      const isRaw = !takesTypedAlone && !isFrame(parameters);
      return await predictBatches(call, batches, limits, async ({ tensors, count }) => {
        const writing = inSlices(grpcMessagePieces(head, "inputs", tensors, isRaw), assertWanted);
        const pieces = writing instanceof Promise ? await writing : writing;
        if (holder !== undefined) limits.memory.takeAtLeast(holder, sizeOf(pieces));
        const { message, attempts } = await infer(call, pieces);
        const made = byServer(model, { attempts }, () => {
          const reading = inSlices(readGrpcMessage({ form: "grpc", message }, "outputs"), assertWanted);
          const write = ({ tensors: outputs, ...said }: GrpcMessage) =>
            finishInSlices(
              predictionsBody({ ...said, outputs }, count, metadata.outputs, limits.maxResponseBytes),
              assertWanted,
            );
          return reading instanceof Promise ? reading.then(write) : write(reading);
        });
        const predictions = made instanceof Promise ? await made : made;
        return { predictions, form, attempts };
      });
    },

    async infer(call) {
      const { model, request } = call;
      const asked = (request as GrpcInference).message;
      const pieces = byCaller(model, () => renameModel(asked, model.model));
      const { message, attempts } = await infer(call, pieces);
      return { answer: { form: "grpc", message }, attempts };
    },

    async askMetadata(model, cancellation) {
      return (await descriptions.of(model, { cancellation })).metadata;
    },

    async askReadiness(model, cancellation, closes = false) {
      const { status, message } = await grpc.ask(model, {
        path: `${service}/ModelReady`,
        pieces: [namingRequest(model.model)],
        cancellation,
        closes,
      });
      return { status: 200, location: undefined, readiness: readinessOf(model, status, message) };
    },

    async askNames(model, cancellation) {
      const { status, message } = await grpc.ask(model, {
        path: `${service}/RepositoryIndex`,
        pieces: [new Uint8Array()],
        cancellation,
      });
      return status.code === 0 ? byServer(model, { attempts: 1 }, () => readModelNames(message)) : [];
    },
  };
}

function sizeOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((bytes, { byteLength }) => bytes + byteLength, 0);
}

function readinessOf(
  model: RegisteredModel,
  status: { readonly code: number; readonly message: string },
  message: Uint8Array,
): Readiness {
  const checkTime = new Date();
  if (status.code === 0) {
    return byServer(model, { attempts: 1 }, () => readReady(message))
      ? { state: "ready", reason: "", checkTime }
      : { state: "not-ready", reason: "the model server says that it is not ready", checkTime };
  }
  const { message: reason } = errorFromGrpcStatus(model, status, 1);
  if (status.code === unimplemented) return { state: "unknown", reason, checkTime, unanswered: true };
  return { state: "not-ready", reason, checkTime };
}
