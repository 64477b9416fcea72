import { finishAtOnce } from "../../base/in-slices.ts";
import type { GrpcInference } from "../../registry/inference.ts";
import { rawElements } from "../elements/convert-elements.ts";
import type { Parameters, RequestedOutput, Tensor } from "../tensor.ts";
import { writeContents } from "./contents.ts";
import { lentFrom, ProtoWriter } from "./proto-writer.ts";

/** What a request or an answer over gRPC says besides its tensors. */
export interface GrpcHead {
  /** Left out where it is empty, as every text here. */
  readonly id: string;
  readonly modelName: string;
  readonly modelVersion: string;
  readonly parameters: Parameters;
  readonly requested?: readonly RequestedOutput[];
}

/**
 * Writes a `ModelInferRequest` (`inputs`) or a `ModelInferResponse` (`outputs`).
 *
 * @param isRaw whether the elements go as raw contents. They do in any case where a datatype has no others: raw contents
 *   are for all tensors or for none
 * @throws TensorProblem for elements that their datatype cannot hold
 */
export function writeGrpcMessage(
  head: GrpcHead,
  key: "inputs" | "outputs",
  tensors: readonly Tensor[],
  isRaw: boolean,
): GrpcInference {
  return { form: "grpc", message: written(head, key, tensors, isRaw).finish() };
}

/** The same in pieces: large elements, which must not change any more, are not copied. @throws TensorProblem */
export function grpcMessagePieces(
  head: GrpcHead,
  key: "inputs" | "outputs",
  tensors: readonly Tensor[],
  isRaw: boolean,
): readonly Uint8Array[] {
  return written(head, key, tensors, isRaw).finishPieces();
}

function written(head: GrpcHead, key: "inputs" | "outputs", tensors: readonly Tensor[], isRaw: boolean): ProtoWriter {
  const raw = tensors.map((tensor, i) => finishAtOnce(rawElements(tensor, `${key}[${i}].data`)));
  const inBlocks = isRaw || tensors.some(({ datatype }) => datatype.contents === undefined);
  const copied = raw.map(({ byteLength }) => (inBlocks ? Math.min(byteLength, lentFrom) : byteLength));
  const writer = new ProtoWriter(copied.reduce((sum, bytes) => sum + bytes, 256));
  writer.text(1, head.modelName);
  writer.text(2, head.modelVersion);
  writer.text(3, head.id);
  writeParameters(writer, 4, head.parameters);
  tensors.forEach((tensor, i) => {
    writer.message(5, (message) => writeTensor(message, tensor, inBlocks ? undefined : raw[i]!));
  });
  for (const { name, parameters } of head.requested ?? []) {
    writer.message(6, (message) => {
      message.text(1, name);
      writeParameters(message, 2, parameters);
    });
  }
  if (inBlocks) for (const block of raw) writer.lentBytes(key === "inputs" ? 7 : 6, block);
  return writer;
}

function writeTensor(
  writer: ProtoWriter,
  { name, datatype, shape, parameters }: Tensor,
  typed: Uint8Array | undefined,
): void {
  writer.text(1, name);
  writer.text(2, datatype.name);
  if (shape.length > 0) {
    writer.message(3, (packed) => {
      for (const size of shape) packed.varint(size);
    });
  }
  writeParameters(writer, 4, parameters);
  if (typed !== undefined) writer.message(5, (contents) => writeContents(contents, datatype, typed));
}

/** Writes a map of `InferParameter`. */
function writeParameters(writer: ProtoWriter, field: number, parameters: Parameters): void {
  for (const [name, value] of parameters) {
    writer.message(field, (entry) => {
      entry.text(1, name);
      entry.message(2, (parameter) => {
        if (typeof value === "boolean") parameter.bool(1, value);
        else if (typeof value === "string") parameter.bytes(3, Buffer.from(value));
        else if (typeof value === "number") parameter.double(4, value);
        else if (value > 0x7fff_ffff_ffff_ffffn) parameter.integer(5, value);
        else parameter.integer(2, value);
      });
    });
  }
}
