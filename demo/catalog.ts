import { join } from "node:path";

const folder = join(import.meta.dirname, "../manifests/kustomize/options/catalog/overlays/demo");

/** The catalog of the demo, as `CATALOG_SOURCES` takes it. What it holds is made up. */
export const demoCatalogSources: string = ["dev-catalog-sources.yaml", "dev-mcp-catalog-sources.yaml"]
  .map((name) => join(folder, name))
  .join(",");
