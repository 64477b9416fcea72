import { type ModelMetadata, noMetadata } from "../../registry/inference.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import { byServer } from "../../tensors/by-server.ts";
import type { Asker } from "../description-cache.ts";
import type { GrpcClient } from "./grpc-client.ts";
import { errorFromGrpcStatus, unimplemented } from "./grpc-status.ts";
import { methodPath } from "./method-path.ts";
import { namingRequest, readMaxBatchSize, readModelMetadata, readServerName } from "./model-answers.ts";

/** The facts about a model that its server is asked for once. */
export interface DescribedModel {
  readonly metadata: ModelMetadata;
  /** Whether it ignores raw contents, as TorchServe does. */
  readonly takesTypedAlone: boolean;
  /** How many rows it accepts at a time; infinite where it does not say. */
  readonly maxRows: number;
}

/** Asks a server what it is, and what it says of a model. @throws ExchangeFailure, UnreadableFile, RegistryError */
export async function describeModel(grpc: GrpcClient, model: RegisteredModel, asker: Asker): Promise<DescribedModel> {
  const naming = namingRequest(model.model);
  const [metadata = noMetadata, serverName = ""] = await Promise.all([
    ask(grpc, model, asker, "ModelMetadata", naming, readModelMetadata),
    ask(grpc, model, asker, "ServerMetadata", new Uint8Array(), readServerName),
  ]);
  const maxBatchSize = /^triton/i.test(serverName)
    ? await ask(grpc, model, asker, "ModelConfig", naming, readMaxBatchSize)
    : undefined;
  return {
    metadata,
    takesTypedAlone: /^torchserve/i.test(serverName),
    // 0 means that the model does not support batches.
    maxRows: maxBatchSize || Number.POSITIVE_INFINITY,
  };
}

/** Undefined where the server does not have the method. */
async function ask<Answer>(
  grpc: GrpcClient,
  model: RegisteredModel,
  { cancellation, authorization, holder }: Asker,
  method: string,
  request: Uint8Array,
  read: (message: Uint8Array) => Answer,
): Promise<Answer | undefined> {
  const { status, message } = await grpc.ask(model, {
    path: methodPath(method),
    pieces: [request],
    ...(authorization === undefined ? {} : { headers: { authorization } }),
    cancellation,
    holder,
  });
  if (status.code === unimplemented) return undefined;
  if (status.code !== 0) throw errorFromGrpcStatus(model, status, 1);
  return byServer(model, { attempts: 1 }, () => read(message));
}
