import type { ModelMetadata, TensorMetadata } from "../../registry/inference.ts";
import { ProtoReader } from "../../tensors/grpc/proto-reader.ts";
import { ProtoWriter } from "../../tensors/grpc/proto-writer.ts";
import { messageLimits } from "../../tensors/rest/read-message.ts";
import { TensorProblem } from "../../tensors/tensor-problem.ts";
import { metadataLimits } from "../metadata-limits.ts";

/** A request that names a model, and nothing else: ModelReadyRequest, ModelMetadataRequest. */
export function namingRequest(name: string): Uint8Array {
  const writer = new ProtoWriter(name.length + 8);
  writer.text(1, name);
  return writer.finish();
}

/** Whether a ModelReadyResponse says so. @throws MalformedMessage */
export function readReady(message: Uint8Array): boolean {
  let ready = false;
  for (const reader of fieldsOf(new ProtoReader(message))) {
    if (reader.field === 1) ready = reader.bool();
    else reader.skip();
  }
  return ready;
}

/** The name of the server in a ServerMetadataResponse. @throws MalformedMessage */
export function readServerName(message: Uint8Array): string {
  return nameIn(new ProtoReader(message));
}

/** A ModelMetadataResponse. @throws MalformedMessage */
export function readModelMetadata(message: Uint8Array): ModelMetadata {
  let platform = "";
  const versions: string[] = [];
  const inputs: TensorMetadata[] = [];
  const outputs: TensorMetadata[] = [];
  for (const reader of fieldsOf(new ProtoReader(message))) {
    if (reader.field === 2) addVersion(reader.text(), versions);
    else if (reader.field === 3) platform = reader.text().slice(0, metadataLimits.nameChars);
    else if (reader.field === 4) addTensor(reader, inputs, "inputs");
    else if (reader.field === 5) addTensor(reader, outputs, "outputs");
    else reader.skip();
  }
  return { platform, versions, inputs, outputs };
}

/** `max_batch_size` of Triton's ModelConfigResponse, 0 or more. @throws MalformedMessage */
export function readMaxBatchSize(message: Uint8Array): number {
  let size = 0;
  for (const response of fieldsOf(new ProtoReader(message))) {
    if (response.field !== 1) response.skip();
    else
      for (const config of fieldsOf(response.message())) {
        if (config.field === 4) size = Number(BigInt.asIntN(32, config.int64()));
        else config.skip();
      }
  }
  return Math.max(0, size);
}

/** The names in a RepositoryIndexResponse. @throws MalformedMessage */
export function readModelNames(message: Uint8Array): string[] {
  const names: string[] = [];
  for (const reader of fieldsOf(new ProtoReader(message))) {
    if (reader.field === 1) names.push(nameIn(reader.message()));
    else reader.skip();
  }
  return names;
}

function nameIn(message: ProtoReader): string {
  let name = "";
  for (const reader of fieldsOf(message)) {
    if (reader.field === 1) name = reader.text();
    else reader.skip();
  }
  return name;
}

function addVersion(version: string, versions: string[]): void {
  if (version.length <= metadataLimits.versionChars && versions.length < metadataLimits.versions)
    versions.push(version);
}

function addTensor(reader: ProtoReader, tensors: TensorMetadata[], field: string): void {
  if (tensors.length === messageLimits.tensors) {
    throw new TensorProblem(field, `has more than ${messageLimits.tensors} items`);
  }
  tensors.push(readTensorMetadata(reader.message()));
}

/** A name or a datatype. */
function shortText(reader: ProtoReader, field: string): string {
  const text = reader.text();
  if (text.length > metadataLimits.nameChars) {
    throw new TensorProblem(field, `has more than ${metadataLimits.nameChars} characters`);
  }
  return text;
}

function readTensorMetadata(message: ProtoReader): TensorMetadata {
  let name = "";
  let datatype = "";
  const shape: number[] = [];
  const addSize = (size: number | bigint): void => {
    if (shape.length === messageLimits.dimensions) {
      throw new TensorProblem("shape", `has more than ${messageLimits.dimensions} dimensions`);
    }
    shape.push(Number(size));
  };
  for (const reader of fieldsOf(message)) {
    if (reader.field === 1) name = shortText(reader, "name");
    else if (reader.field === 2) datatype = shortText(reader, "datatype");
    else if (reader.field !== 3) reader.skip();
    else if (!reader.isDelimited) addSize(reader.int64());
    else {
      const packed = reader.message();
      while (!packed.isAtEnd) addSize(packed.packedSize());
    }
  }
  return { name, datatype, shape };
}

/** Comes to each field in turn; its value is to be read or skipped. */
function* fieldsOf(reader: ProtoReader): Iterable<ProtoReader> {
  while (reader.next()) yield reader;
}
