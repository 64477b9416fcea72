import { useOffered } from "../frame/offered.ts";

/** Whether the server has a catalog. */
export function useCatalogOn(): boolean {
  return useOffered("kserve.catalog.v1.ModelCatalog/ListSources");
}
