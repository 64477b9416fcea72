import { CatalogReader } from "../../catalog/catalog.ts";
import { CatalogError } from "../../catalog/catalog-error.ts";
import type { CatalogSources } from "../../catalog/sources/catalog-sources.ts";

/** What the catalog needs of the rest. */
export interface CatalogDeps {
  readonly sources: Pick<CatalogSources, "snapshot" | "isLoaded" | "watch" | "preview">;
}

/**
 * A reader of the current snapshot.
 *
 * @throws CatalogError NOT_LOADED
 */
export function readerOf({ sources }: CatalogDeps): CatalogReader {
  if (sources.isLoaded) return new CatalogReader(sources.snapshot);
  throw new CatalogError("NOT_LOADED", "the sources of the catalog have not been read yet; try again", {});
}
