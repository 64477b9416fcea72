import { valueUnder } from "../../base/value-under.ts";
import type { Registry } from "../../registry/registry.ts";
import type { SourceStatus } from "../../registry/versioned-source.ts";
import { gauge, labelsOf, type PlainMetric, type Sample } from "./exposition.ts";

/** Metrics of all models together, and of their sources. The names of sources come from the configuration. */
export function registryMetrics(registry: Registry): readonly PlainMetric[] {
  let changedMs = Date.now();
  registry.subscribe((changes) => {
    if (changes.some(({ kind }) => kind !== "readiness")) changedMs = Date.now();
  });
  const ofSources = (pick: (source: SourceStatus) => number | undefined): readonly Sample[] =>
    registry.sources.flatMap((source) => {
      const value = pick(source);
      return value === undefined ? [] : [[labelsOf({ source: source.name }), value] as const];
    });
  return [
    gauge("kserve_registry_models", "Registered models, by source and type.", () => {
      // Labels are formatted once for all models of a kind: there may be ten thousand models.
      const counts = new Map<string, Map<string, number>>();
      for (const { source, type = "" } of registry.snapshot.models.values()) {
        const byType = valueUnder(counts, source, () => new Map<string, number>());
        byType.set(type, (byType.get(type) ?? 0) + 1);
      }
      return [...counts].flatMap(([source, byType]) =>
        [...byType].map(([type, count]): Sample => [labelsOf({ source, type }), count]),
      );
    }),
    gauge(
      "kserve_registry_last_change_timestamp_seconds",
      "When the registered models last changed, or the process started.",
      () => changedMs / 1000,
    ),
    gauge(
      "kserve_registry_source_up",
      "1 while a source of models is up to date, 0 while it waits for its first models or has a problem.",
      () => ofSources(({ loaded, trouble }) => (loaded && trouble === undefined ? 1 : 0)),
    ),
    gauge(
      "kserve_registry_source_snapshot_age_seconds",
      "For how many seconds what is served from a source may have been out of date; 0 while it is up to date.",
      () =>
        ofSources(({ loaded, trouble }) => {
          if (!loaded) return undefined;
          return trouble === undefined ? 0 : Math.max(0, (Date.now() - trouble.since.getTime()) / 1000);
        }),
    ),
    gauge("kserve_registry_source_entries", "Entries of a source that can be served, shadowed ones among them.", () =>
      ofSources(({ count }) => count),
    ),
    gauge(
      "kserve_registry_entries_refused",
      "Entries of a source that cannot be served. ListModels names them, with include_unserved.",
      () => ofSources(({ refused }) => refused.length),
    ),
  ];
}
