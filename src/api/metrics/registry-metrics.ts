import type { Registry } from "../../registry/registry.ts";
import type { SourceStatus } from "../../registry/versioned-source.ts";
import { labelsOf, type PlainMetric, type Sample } from "./exposition.ts";

/** What is known of the models as a whole, and of their sources. The name of a source comes from the configuration. */
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
    {
      name: "kserve_registry_models",
      type: "gauge",
      help: "Registered models, by source and type.",
      samples: () => {
        const counts = new Map<string, number>();
        for (const { source, type = "" } of registry.snapshot.models.values()) {
          const labels = labelsOf({ source, type });
          counts.set(labels, (counts.get(labels) ?? 0) + 1);
        }
        return counts;
      },
    },
    {
      name: "kserve_registry_last_change_timestamp_seconds",
      type: "gauge",
      help: "When the registered models last changed, or the process began.",
      samples: () => [["", changedMs / 1000]],
    },
    {
      name: "kserve_registry_source_up",
      type: "gauge",
      help: "1 while a source of models is up to date, 0 while it waits for its first models or is in trouble.",
      samples: () => ofSources(({ loaded, trouble }) => (loaded && trouble === undefined ? 1 : 0)),
    },
    {
      name: "kserve_registry_source_snapshot_age_seconds",
      type: "gauge",
      help: "Since when what is served of a source may be out of date; 0 while it is up to date.",
      samples: () =>
        ofSources(({ loaded, trouble }) => {
          if (!loaded) return undefined;
          return trouble === undefined ? 0 : Math.max(0, (Date.now() - trouble.since.getTime()) / 1000);
        }),
    },
    {
      name: "kserve_registry_source_entries",
      type: "gauge",
      help: "Entries of a source that can be served, shadowed ones among them.",
      samples: () => ofSources(({ count }) => count),
    },
    {
      name: "kserve_registry_entries_refused",
      type: "gauge",
      help: "Entries of a source that cannot be served. ListModels names them, with include_unserved.",
      samples: () => ofSources(({ refused }) => refused.length),
    },
  ];
}
