import { isRecord } from "../../base/field-reader.ts";
import type { ModelMetadata, TensorMetadata } from "../../registry/inference.ts";
import { messageLimits } from "../../tensors/rest/read-message.ts";
import { parseAnswer } from "../http/parse-answer.ts";
import { metadataLimits } from "../metadata-limits.ts";

const { nameChars: maxNameChars, versions: maxVersions, versionChars: maxVersionChars } = metadataLimits;

/**
 * Reads the answer to `GET /v2/models/{model}`. A server that does not describe a model is not a failure: most models of KServe
 * and MLServer come without a description.
 *
 * @returns undefined for an answer that describes a model in another form than the protocol's
 */
export function metadataFrom(body: Uint8Array): ModelMetadata | undefined {
  let answer: unknown;
  try {
    answer = parseAnswer(body);
  } catch {
    return undefined;
  }
  if (!isRecord(answer)) return undefined;
  const inputs = tensorsFrom(answer.inputs);
  const outputs = tensorsFrom(answer.outputs);
  if (inputs === undefined || outputs === undefined) return undefined;
  const versions = Array.isArray(answer.versions) ? answer.versions : [];
  return {
    platform: typeof answer.platform === "string" ? answer.platform.slice(0, maxNameChars) : "",
    versions: versions
      .filter((version) => typeof version === "string" && version.length <= maxVersionChars)
      .slice(0, maxVersions),
    inputs,
    outputs,
  };
}

function tensorsFrom(value: unknown): readonly TensorMetadata[] | undefined {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || value.length > messageLimits.tensors) return undefined;
  const tensors = value.map(tensorFrom);
  const names = new Set(tensors.map((tensor) => tensor?.name));
  return names.size < tensors.length || tensors.includes(undefined) ? undefined : (tensors as TensorMetadata[]);
}

function tensorFrom(value: unknown): TensorMetadata | undefined {
  if (!isRecord(value)) return undefined;
  const { name, datatype, shape } = value;
  if (typeof name !== "string" || name === "" || name.length > maxNameChars) return undefined;
  if (typeof datatype !== "string" || datatype.length > maxNameChars) return undefined;
  if (!Array.isArray(shape) || shape.length > messageLimits.dimensions) return undefined;
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= -1)) return undefined;
  return { name, datatype, shape };
}
