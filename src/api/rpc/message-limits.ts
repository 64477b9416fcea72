import type { DescMethod } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import type { SizeLimit } from "../body-limits.ts";

/** What one message of a method may be. */
export interface MessageLimits extends SizeLimit {
  /** How many values it may be decoded into: fields, items, members. */
  readonly maxValues: number;
}

/** The limits of all methods. */
export interface RpcLimits {
  /** For methods that bring data, in bytes. */
  readonly maxRequestBytes: number;
  /** For all others, which only ask, in bytes. */
  readonly maxQueryBytes: number;
  readonly maxMessageValues: number;
}

/** What a message of a method may be. */
export function limitsOf(method: DescMethod, limits: RpcLimits): MessageLimits {
  const { maxMessageValues: maxValues } = limits;
  return isQuery(method)
    ? { maxBytes: limits.maxQueryBytes, variable: "MAX_QUERY_SIZE", maxValues }
    : { maxBytes: limits.maxRequestBytes, variable: "MAX_REQUEST_SIZE", maxValues };
}

/** Whether a method asks and brings no data: it reads, it watches, or it is one of gRPC's own, health and reflection. */
function isQuery({ idempotency, methodKind, parent }: DescMethod): boolean {
  const reads = idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
  return reads || methodKind !== "unary" || parent.typeName.startsWith("grpc.");
}
