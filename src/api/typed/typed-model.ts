import type { ContractScope } from "../../contract/contract.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import { type ModelRef, modelKey } from "../../registry/model-key.ts";
import type { Snapshot } from "../../registry/registry.ts";

/** The model that a typed contract is of. */
export function typedModel(
  { holders, models }: Snapshot,
  { name, namespace = "" }: ModelRef,
): RegisteredModel | undefined {
  return namespace === "" ? holders.get(name) : models.get(modelKey(name, namespace));
}

/** Which of its contracts a model is called by. */
export function scopeOf({ namespace = "" }: ModelRef): ContractScope {
  return namespace === "" ? "bare" : "namespaced";
}

/** The contract that a model is shown with: the bare one while it holds its name. The one with its namespace is always there. */
export function shownRef({ name, namespace, holdsName }: RegisteredModel): ModelRef {
  return holdsName ? { name } : { name, namespace };
}
