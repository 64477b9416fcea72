import type { GrpcInference } from "../../registry/inference.ts";
import { rawOf } from "../raw-elements.ts";
import type { Parameters, RequestedOutput, Tensor } from "../tensor.ts";
import { contentsFromRaw } from "./contents.ts";
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
 * What writes a `ModelInferRequest` (`inputs`) or a `ModelInferResponse` (`outputs`), to be called until it does not throw
 * `outOfTurn`.
 *
 * @param tensors with their elements as raw bytes
 * @param isRaw whether the elements go as raw contents. They do in any case where a datatype has no others: raw contents
 *   are for all tensors or for none
 */
export function writeGrpcMessage(
  head: GrpcHead,
  key: "inputs" | "outputs",
  tensors: readonly Tensor[],
  isRaw: boolean,
): () => GrpcInference {
  const write = writing(head, key, tensors, isRaw);
  return () => ({ form: "grpc", message: write().finish() });
}

/** The same in pieces: large elements, which must not change any more, are not copied. */
export function grpcMessagePieces(
  head: GrpcHead,
  key: "inputs" | "outputs",
  tensors: readonly Tensor[],
  isRaw: boolean,
): () => readonly Uint8Array[] {
  const write = writing(head, key, tensors, isRaw);
  return () => write().finishPieces();
}

function writing(
  head: GrpcHead,
  key: "inputs" | "outputs",
  tensors: readonly Tensor[],
  isRaw: boolean,
): () => ProtoWriter {
  if (isRaw || tensors.some(({ datatype }) => datatype.contents === undefined)) {
    return () => written(head, key, tensors, undefined);
  }
  const contents: Uint8Array[] = [];
  let encoding: (() => Uint8Array) | undefined;
  return () => {
    for (let i = contents.length; i < tensors.length; i++) {
      const tensor = tensors[i]!;
      encoding ??= contentsFromRaw(tensor.datatype, rawOf(tensor));
      contents.push(encoding());
      encoding = undefined;
    }
    return written(head, key, tensors, contents);
  };
}

/** @param contents typed contents of each tensor; undefined where the elements go as blocks */
function written(
  head: GrpcHead,
  key: "inputs" | "outputs",
  tensors: readonly Tensor[],
  contents: readonly Uint8Array[] | undefined,
): ProtoWriter {
  const elements = contents ?? tensors.map(rawOf);
  const copied = elements.map(({ byteLength }) =>
    contents === undefined ? Math.min(byteLength, lentFrom) : byteLength,
  );
  const writer = new ProtoWriter(copied.reduce((sum, bytes) => sum + bytes, 256));
  writer.text(1, head.modelName);
  writer.text(2, head.modelVersion);
  writer.text(3, head.id);
  writeParameters(writer, 4, head.parameters);
  tensors.forEach((tensor, i) => {
    writer.message(5, (message) => writeTensor(message, tensor, contents?.[i]));
  });
  for (const { name, parameters } of head.requested ?? []) {
    writer.message(6, (message) => {
      message.text(1, name);
      writeParameters(message, 2, parameters);
    });
  }
  if (contents === undefined) for (const block of elements) writer.lentBytes(key === "inputs" ? 7 : 6, block);
  return writer;
}

function writeTensor(
  writer: ProtoWriter,
  { name, datatype, shape, parameters }: Tensor,
  contents: Uint8Array | undefined,
): void {
  writer.text(1, name);
  writer.text(2, datatype.name);
  if (shape.length > 0) {
    writer.message(3, (packed) => {
      for (const size of shape) packed.varint(size);
    });
  }
  writeParameters(writer, 4, parameters);
  if (contents !== undefined) writer.bytes(5, contents);
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
