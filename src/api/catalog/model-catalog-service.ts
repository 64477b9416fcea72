import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { ModelCatalog } from "../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import type { CatalogDeps } from "./catalog-deps.ts";
import { mcpMethods } from "./mcp-methods.ts";
import { modelMethods } from "./model-methods.ts";
import { type RegistersFromCatalog, registerFromCatalog } from "./register-from-catalog.ts";
import { sourceMethods } from "./source-methods.ts";

/** What the service of the catalog needs of the rest. */
export type CatalogServiceDeps = CatalogDeps & {
  /** Aborts when the server begins to stop; open watches then end. */
  readonly stopping: AbortSignal;
} & RegistersFromCatalog;

/** The RPCs of `kserve.catalog.v1.ModelCatalog`. */
export function createModelCatalogService(deps: CatalogServiceDeps): ServiceImpl<typeof ModelCatalog> {
  return {
    ...sourceMethods(deps, deps.stopping),
    ...modelMethods(deps),
    ...mcpMethods(deps),
    registerFromCatalog: (request, context: HandlerContext) => registerFromCatalog(deps, request, context),
  };
}
