import type { CatalogSources } from "../../catalog/sources/catalog-sources.ts";
import { gauge, labelsOf, type PlainMetric, type Sample } from "./exposition.ts";

/** Metrics of the catalog and its sources. The labels are ids of sources, which come from the configuration. */
export function catalogMetrics(catalog: CatalogSources): readonly PlainMetric[] {
  let changedMs = Date.now();
  catalog.watch(() => {
    changedMs = Date.now();
  });
  const read = () => [...catalog.snapshot.sources.values()].filter(({ status }) => status !== "disabled");
  return [
    gauge(
      "kserve_registry_catalog_configuration_up",
      "1 if the current files of CATALOG_SOURCES are in use, 0 if earlier ones are because the current ones are invalid.",
      () => (catalog.configurationProblem === "" ? 1 : 0),
    ),
    gauge(
      "kserve_registry_catalog_source_up",
      "1 while all of a source of the catalog could be read, 0 while it or some of its entries could not.",
      () => read().map(({ spec, status }): Sample => [labelsOf({ source: spec.id }), status === "available" ? 1 : 0]),
    ),
    gauge("kserve_registry_catalog_source_entries", "Models and MCP servers served from a source.", () =>
      read().map(({ spec, models, servers }): Sample => {
        return [labelsOf({ source: spec.id, kind: spec.assetType }), models.length + servers.length];
      }),
    ),
    gauge(
      "kserve_registry_catalog_last_change_timestamp_seconds",
      "When the catalog last changed.",
      () => changedMs / 1000,
    ),
  ];
}
