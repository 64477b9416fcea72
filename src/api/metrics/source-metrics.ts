import { Gauge, type Registry as MetricsRegistry } from "prom-client";
import type { Registry } from "../../registry/registry.ts";

/** Adds what is known of the sources of models. The label is the name of a source, which the configuration gives. */
export function addSourceMetrics(registry: Registry, registers: MetricsRegistry): void {
  const options = { registers: [registers], labelNames: ["source"] };
  new Gauge({
    ...options,
    name: "kserve_registry_source_up",
    help: "1 while a source of models is up to date, 0 while it waits for its first models or is in trouble.",
    collect() {
      for (const { name: source, loaded, trouble } of registry.sources) {
        this.set({ source }, loaded && trouble === undefined ? 1 : 0);
      }
    },
  });
  new Gauge({
    ...options,
    name: "kserve_registry_source_snapshot_age_seconds",
    help: "Since when what is served of a source may be out of date; 0 while it is up to date.",
    collect() {
      for (const { name: source, loaded, trouble } of registry.sources) {
        const since = trouble?.since.getTime();
        if (loaded) this.set({ source }, since === undefined ? 0 : Math.max(0, (Date.now() - since) / 1000));
      }
    },
  });
  new Gauge({
    ...options,
    name: "kserve_registry_source_entries",
    help: "Entries of a source that can be served, shadowed ones among them.",
    collect() {
      for (const { name: source, count } of registry.sources) this.set({ source }, count);
    },
  });
  new Gauge({
    ...options,
    name: "kserve_registry_entries_refused",
    help: "Entries of a source that cannot be served. ListModels names them, with include_unserved.",
    collect() {
      for (const { name: source, refused } of registry.sources) this.set({ source }, refused.length);
    },
  });
}
