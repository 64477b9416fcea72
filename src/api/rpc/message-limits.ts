import type { DescMethod } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { EvaluateTriggersRequestSchema } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { maxSamples, maxSamplesJson, tooManySamples } from "../../predict/evaluate-triggers.ts";
import type { RegistryError } from "../../registry/registry-error.ts";
import { recordLimit, requestLimit, type SizeLimit, tooManyValues } from "../body-limits.ts";

/** What one message of a method may be. */
export interface MessageLimits extends SizeLimit {
  /** How many values it may be decoded into: fields, items, members. */
  readonly maxValues: number;
  /** The same of JSON, where a member is one value. Default: as many. */
  readonly maxJsonValues?: number;
  /** What a message of more is refused with. */
  readonly tooMany: () => RegistryError;
}

/** A sample is an entry with a name and a value, which is a message with one field. */
const valuesPerSample = 4;
/** The other fields of their request, and what is around them. */
const valuesBesides = 16;

/** The limits of all methods. */
export interface RpcLimits {
  /** For methods that bring data, in bytes. */
  readonly maxRequestBytes: number;
  /** For methods that write to the registry of versions, in bytes. */
  readonly maxRecordBytes: number;
  /** For all others, which only ask, in bytes. */
  readonly maxQueryBytes: number;
  readonly maxMessageValues: number;
}

/** What a message of a method may be. */
export function limitsOf(method: DescMethod, limits: RpcLimits): MessageLimits {
  const values = valueLimit(method, limits.maxMessageValues);
  if (!bringsData(method)) return { maxBytes: limits.maxQueryBytes, variable: "MAX_QUERY_SIZE", ...values };
  return { ...(writesRecord(method) ? recordLimit(limits) : requestLimit(limits)), ...values };
}

/** Samples are decoded into an object with a member for each, which takes ten times as long as other values do. */
function valueLimit({ input }: DescMethod, maxValues: number): Omit<MessageLimits, keyof SizeLimit> {
  const forSamples = valuesPerSample * maxSamples + valuesBesides;
  return input.typeName === EvaluateTriggersRequestSchema.typeName && forSamples < maxValues
    ? { maxValues: forSamples, maxJsonValues: maxSamplesJson, tooMany: tooManySamples }
    : { maxValues, tooMany: () => tooManyValues(maxValues) };
}

/** Whether the requests of a method write to the registry of versions. */
export function writesRecord(method: DescMethod): boolean {
  return method.parent.typeName === VersionRegistry.typeName && bringsData(method);
}

/** Whether a method brings data. All others only ask: they read, they watch, or they are gRPC's own, health and reflection. */
function bringsData({ idempotency, methodKind, parent }: DescMethod): boolean {
  const reads = idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
  return !reads && methodKind === "unary" && !parent.typeName.startsWith("grpc.");
}
