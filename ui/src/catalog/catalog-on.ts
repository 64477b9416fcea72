import { useQuery } from "@connectrpc/connect-query";
import { ModelCatalog } from "../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import { isOffered } from "../frame/offered.ts";

/** Whether the server has a catalog. */
export function useCatalogOn(): boolean {
  return isOffered(useQuery(ModelCatalog.method.listSources, { pageSize: 1 }, { staleTime: 60_000 }));
}
