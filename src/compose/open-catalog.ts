import { CatalogSources, UnusableSources } from "../catalog/sources/catalog-sources.ts";
import { type Config, ConfigError } from "../config/config.ts";
import type { Log } from "./log.ts";

/**
 * Starts the catalog, where sources are configured. Files that cannot be used stop the start, as a bad list of models does;
 * what single sources hold is read in the background.
 *
 * @throws ConfigError with every problem of the files
 */
export async function openCatalog(config: Config, log: Log): Promise<CatalogSources | undefined> {
  if (config.catalogSources.length === 0) return undefined;
  const sources = new CatalogSources({
    sourcesFiles: config.catalogSources,
    performanceDirs: config.catalogPerformanceDirs,
    dataDirs: config.catalogDataDirs,
    maxFileBytes: config.catalogMaxFileBytes,
    maxEntries: config.catalogMaxEntries,
    log: { info: (message) => log.info(message), warn: (message) => log.warn(message) },
  });
  try {
    await sources.start();
  } catch (error) {
    if (error instanceof UnusableSources) {
      throw new ConfigError(error.problems.map((problem) => `CATALOG_SOURCES: ${problem}`));
    }
    throw error;
  }
  return sources;
}
