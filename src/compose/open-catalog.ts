import { CachedFile } from "../base/cached-file.ts";
import { withoutTrailingSlashes } from "../base/field-reader.ts";
import { CatalogSources, UnusableSources } from "../catalog/sources/catalog-sources.ts";
import { createHfPort } from "../catalog/sources/hf/hf-port.ts";
import { type Config, ConfigError, type Env } from "../config/config.ts";
import type { Log } from "./log.ts";

/**
 * Starts the catalog, where sources are configured. Invalid files fail the start, as an invalid list of models does;
 * the sources themselves are loaded in the background.
 *
 * @throws ConfigError with every problem of the files
 */
export async function openCatalog(env: Env, config: Config, log: Log): Promise<CatalogSources | undefined> {
  if (config.catalogSources.length === 0) return undefined;
  const sources = new CatalogSources({
    sourcesFiles: config.catalogSources,
    performanceDirs: config.catalogPerformanceDirs,
    dataDirs: config.catalogDataDirs,
    maxFileBytes: config.catalogMaxFileBytes,
    maxEntries: config.catalogMaxEntries,
    hf: createHfPort({
      url: config.catalogHfUrl && withoutTrailingSlashes(config.catalogHfUrl),
      token: tokenOf(env, config),
    }),
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

/** The token for a model hub: the one that a source names by a variable of its own, else the common one. */
function tokenOf(env: Env, { catalogHfTokenFile }: Config): (variable: string) => string | undefined {
  const file = catalogHfTokenFile === undefined ? undefined : new CachedFile(catalogHfTokenFile);
  return (variable) => {
    const own = variable === "HF_API_KEY" ? undefined : env[variable];
    if (own !== undefined || file === undefined) return own ?? env.HF_API_KEY;
    try {
      return file.read();
    } catch {
      // The request goes out without a token, and the hub's answer says what is missing.
      return undefined;
    }
  };
}
