import { wantedUnless } from "../../base/cancellation.ts";
import { finishInSlices, inSlices } from "../../base/in-slices.ts";
import type { UpstreamAnswer, UpstreamCall, UpstreamTerms } from "../../registry/ports.ts";
import { byServer } from "../../tensors/by-server.ts";
import { type GrpcMessage, readGrpcMessage } from "../../tensors/grpc/read-message.ts";
import { type GrpcHead, grpcMessagePieces } from "../../tensors/grpc/write-message.ts";
import type { RowBatch } from "../../tensors/rows/split-rows.ts";
import { isFrame } from "../../tensors/rows/tensor-plan.ts";
import { predictionsBody } from "../../tensors/rows/tensors-to-predictions.ts";
import { translateRequest } from "../../tensors/rows/translated.ts";
import { type BatchAnswer, type BatchLimits, predictBatches } from "../predict-batches.ts";
import type { DescribedModel } from "./describe-model.ts";

/** What a prediction from rows needs to know of its model, and how it reaches the server. */
export interface PredictingParts {
  readonly describe: (call: UpstreamTerms) => DescribedModel | Promise<DescribedModel>;
  /** Sends a `ModelInferRequest`. @throws RegistryError */
  readonly send: (
    call: UpstreamTerms,
    pieces: readonly Uint8Array[],
  ) => Promise<{ readonly message: Buffer; readonly attempts: number }>;
  readonly limits: BatchLimits;
}

/** Translates rows into tensors, and the tensors that the server answers into predictions. @throws RegistryError */
export async function predictRows(parts: PredictingParts, call: UpstreamCall): Promise<UpstreamAnswer> {
  const { model, headers } = call;
  const described = await parts.describe(call);
  const translating = translateRequest(model, call, described.metadata, { as: "raw" }, described.maxRows);
  const { batches, parameters } = translating instanceof Promise ? await translating : translating;
  const head = { id: headers["x-request-id"] ?? "", modelName: model.model, modelVersion: "", parameters };
  return await predictBatches(call, batches, parts.limits, (batch) =>
    predictBatch(parts, call, described, head, batch),
  );
}

/** @throws RegistryError */
async function predictBatch(
  { send, limits }: PredictingParts,
  call: UpstreamCall,
  { metadata, takesTypedAlone }: DescribedModel,
  head: GrpcHead,
  { tensors, count }: RowBatch,
): Promise<BatchAnswer> {
  const { model, holder } = call;
  const assertWanted = wantedUnless(call.cancellation);
  const isRaw = !takesTypedAlone && !isFrame(head.parameters);
  const writing = inSlices(grpcMessagePieces(head, "inputs", tensors, isRaw), assertWanted);
  const pieces = writing instanceof Promise ? await writing : writing;
  if (holder !== undefined) limits.memory.takeAtLeast(holder, sizeOf(pieces));
  const { message, attempts } = await send(call, pieces);
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
  return { predictions, attempts };
}

function sizeOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((bytes, { byteLength }) => bytes + byteLength, 0);
}
