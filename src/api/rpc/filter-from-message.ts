import type { ModelType } from "../../../gen/kserve/registry/v1/model_pb.ts";
import type { ModelFilter } from "../../registry/registry.ts";
import { invalidField } from "../../registry/registry-error.ts";
import { typeFromMessage, typeNames } from "./convert.ts";

/** The filters that several requests share. */
export interface FilterMessage {
  readonly type: ModelType;
  readonly namespace: string;
  readonly cluster: string;
  readonly trigger?: string;
}

/** @throws RegistryError INVALID_REQUEST for a type that is not known */
export function filterFromMessage(request: FilterMessage): ModelFilter {
  const type = typeFromMessage(request.type);
  if (type === "unknown") throw invalidField("type", `expected one of ${typeNames}; found ${request.type}`);
  const { namespace, cluster, trigger } = request;
  return {
    type,
    namespace: namespace || undefined,
    cluster: cluster || undefined,
    trigger: trigger || undefined,
  };
}
