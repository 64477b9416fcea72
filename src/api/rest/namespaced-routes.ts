import { namespaceParameter } from "./openapi/parameters.ts";
import type { Route } from "./route.ts";

/**
 * The routes of one model, repeated below its namespace, for models that do not hold their name.
 *
 * @param from what their paths begin with
 * @param to the same, with `{namespace}`
 * @param isWanted which of them. Default: those of the models
 */
export function namespacedRoutes(
  routes: readonly Route[],
  from: string,
  to: string,
  isWanted = (path: string): boolean => path === `${from}/models` || path.startsWith(`${from}/models/{name}`),
): readonly Route[] {
  return routes
    .filter(({ path }) => isWanted(path))
    .map((route) => ({ ...route, path: to + route.path.slice(from.length), operation: namespaced(route.operation) }));
}

function namespaced({ operationId, parameters = [], ...operation }: Route["operation"]): Route["operation"] {
  return {
    ...operation,
    operationId: `${operationId}InNamespace`,
    summary: `${operation.summary}, by namespace`,
    parameters: [namespaceParameter, ...parameters.filter(({ name }) => name !== "namespace")],
  };
}
