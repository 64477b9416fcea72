import { demoCatalogSources } from "../../../demo/catalog.ts";
import type { TrainedModel } from "../../../demo/models.ts";
import type { Env } from "../../../src/config/config.ts";

/** The models of the demo, one of them linked to its version, with a database and the catalog. */
export function demoEnvironment(trained: readonly TrainedModel[], modelServerUrl: string): Env {
  const entries = trained.map(({ entry }) => ({
    ...entry,
    url: modelServerUrl,
    ...(entry.name === "disk-failure-predictor" ? { version: `${entry.name}@champion` } : {}),
  }));
  return {
    DATABASE_URL: "sqlite::memory:",
    CATALOG_SOURCES: demoCatalogSources,
    KSERVE_MODEL_REGISTRY: JSON.stringify(entries),
  };
}
