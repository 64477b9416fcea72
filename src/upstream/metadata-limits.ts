import type { ModelMetadata, TensorMetadata } from "../registry/inference.ts";

/** How much is taken of what a server says of a model, besides the limits of tensors: it is kept, and passed on. */
export const metadataLimits = { nameChars: 1024, versions: 1000, versionChars: 1024 } as const;

/** An object with its properties, in bytes. */
const objectBytes = 100;
const numberBytes = 8;

/** About how much memory a description takes, in bytes. */
export function sizeOfMetadata({ platform, versions, inputs, outputs }: ModelMetadata): number {
  let bytes = objectBytes + platform.length;
  for (const version of versions) bytes += objectBytes / 4 + version.length;
  for (const tensors of [inputs, outputs]) for (const tensor of tensors) bytes += sizeOfTensor(tensor);
  return bytes;
}

function sizeOfTensor({ name, datatype, shape }: TensorMetadata): number {
  return objectBytes + name.length + datatype.length + numberBytes * shape.length;
}
