import { type ModelType, modelTypes } from "../../registry/model.ts";
import type { ModelFilter } from "../../registry/registry.ts";
import { invalidField } from "../../registry/registry-error.ts";
import type { RestContext } from "./rest-context.ts";

/**
 * The filter of a query, and of the namespace that a path is below. An empty parameter counts as left out.
 *
 * @throws RegistryError INVALID_REQUEST
 */
export function filterOf({ query, params }: Pick<RestContext, "query" | "params">): ModelFilter {
  const type = query.get("type") || undefined;
  if (type !== undefined && !modelTypes.includes(type as ModelType)) {
    throw invalidField("type", `expected one of ${modelTypes.join(", ")}`);
  }
  return {
    type: type as ModelType | undefined,
    namespace: params.namespace ?? (query.get("namespace") || undefined),
    cluster: query.get("cluster") || undefined,
    trigger: query.get("trigger") || undefined,
  };
}

/**
 * A parameter that is `true` or `false`; left out or empty it is false.
 *
 * @throws RegistryError INVALID_REQUEST
 */
export function flagOfQuery(query: URLSearchParams, name: string): boolean {
  const text = query.get(name) || "false";
  if (text !== "true" && text !== "false") throw invalidField(name, "expected true or false");
  return text === "true";
}
