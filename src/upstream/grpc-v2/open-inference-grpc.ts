import type { GrpcInference } from "../../registry/inference.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import type { Readiness } from "../../registry/readiness.ts";
import { byCaller } from "../../tensors/by-caller.ts";
import { byServer } from "../../tensors/by-server.ts";
import { renameModel } from "../../tensors/grpc/rename-model.ts";
import { DescriptionCache } from "../description-cache.ts";
import type { BatchLimits } from "../predict-batches.ts";
import type { Protocol } from "../protocol.ts";
import { type DescribedModel, describeModel } from "./describe-model.ts";
import type { GrpcClient } from "./grpc-client.ts";
import { errorFromGrpcStatus, type GrpcStatus, unimplemented } from "./grpc-status.ts";
import { methodPath } from "./method-path.ts";
import { namingRequest, readModelNames, readReady } from "./model-answers.ts";
import { type PredictingParts, predictRows } from "./predict-rows.ts";

/** A constant, as caches use the path as their key. */
const inferPath = methodPath("ModelInfer");

export interface OpenInferenceGrpcOptions {
  readonly grpc: GrpcClient;
  /** `maxResponseBytes` is how large an answer may become as JSON. */
  readonly limits: BatchLimits;
}

/** Calls model servers by the Open Inference Protocol over gRPC. */
export function createOpenInferenceGrpc({ grpc, limits }: OpenInferenceGrpcOptions): Protocol {
  const described = new DescriptionCache<DescribedModel>(limits.memory, (model, asker) =>
    describeModel(grpc, model, asker),
  );
  const parts: PredictingParts = {
    describe: ({ model, cancellation, headers: { authorization } }) =>
      described.of(model, { cancellation, authorization }),
    send: ({ model, headers, cancellation, holder, deadlineMs }, pieces) =>
      grpc.call(model, {
        path: inferPath,
        pieces,
        headers,
        cancellation,
        deadlineMs,
        holder,
        onError: () => described.doubt(model),
      }),
    limits,
  };
  return {
    name: "open-inference-grpc",
    title: "Open Inference Protocol (v2) over gRPC",
    modelPath: () => methodPath("ModelReady"),
    predictPath: () => inferPath,

    predict: (call) => predictRows(parts, call),

    async infer(call) {
      const { model, request } = call;
      const asked = (request as GrpcInference).message;
      const pieces = byCaller(model, () => renameModel(asked, model.model));
      const { message, attempts } = await parts.send(call, pieces);
      return { answer: { form: "grpc", message }, attempts };
    },

    async askMetadata(model, cancellation) {
      return (await described.of(model, { cancellation })).metadata;
    },

    async askReadiness(model, cancellation, closes = false) {
      const { status, message } = await grpc.ask(model, {
        path: methodPath("ModelReady"),
        pieces: [namingRequest(model.model)],
        cancellation,
        closes,
      });
      return { status: 200, location: undefined, readiness: readinessOf(model, status, message) };
    },

    async askNames(model, cancellation) {
      const { status, message } = await grpc.ask(model, {
        path: methodPath("RepositoryIndex"),
        pieces: [new Uint8Array()],
        cancellation,
      });
      return status.code === 0 ? byServer(model, { attempts: 1 }, () => readModelNames(message)) : [];
    },
  };
}

function readinessOf(model: RegisteredModel, status: GrpcStatus, message: Uint8Array): Readiness {
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
