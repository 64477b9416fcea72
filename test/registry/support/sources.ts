import type { SourceKind } from "../../../src/registry/model.ts";
import { parseModelEntry } from "../../../src/registry/model-entry.ts";
import { type ModelKey, modelKey } from "../../../src/registry/model-key.ts";
import type { InferenceServiceFacts, LocatedEntry } from "../../../src/registry/ports.ts";
import { type Change, Registry, type RegistryOptions } from "../../../src/registry/registry.ts";
import type { SourceIdentity } from "../../../src/registry/versioned-source.ts";

/** A valid entry, as a source hands it over. */
export function located(name: string, fields: object = {}, location = `TEST (${name})`): LocatedEntry {
  const { entry, problems } = parseModelEntry({ name, service: `${name}-predictor`, type: "anomaly", ...fields }, "ns");
  if (entry === undefined) throw new Error(JSON.stringify(problems));
  return { entry, location };
}

/** The key of a model of the namespace `ns`. */
export function key(name: string): ModelKey {
  return modelKey(name, "ns");
}

/** A source of a kind; with a cluster, one of a further cluster. */
export function source(
  kind: SourceKind,
  cluster = "",
  name = cluster === "" ? kind : `${kind} ${cluster}`,
): SourceIdentity {
  return { kind, name, cluster };
}

/** A ready InferenceService of the namespace `ns`. */
export function facts(name: string, fields: Partial<InferenceServiceFacts> = {}): InferenceServiceFacts {
  return { namespace: "ns", name, url: `http://${name}.isvc`, state: "ready", reason: "", ...fields };
}

/** A registry whose clock ticks once for each look at it, and the changes that it reported. */
export function createRegistry(options: Partial<RegistryOptions> = {}) {
  let now = 0;
  const registry = new Registry(
    { urlFormat: "http://{service}.{namespace}.svc.cluster.local", defaultPort: undefined, ...options },
    () => new Date(now++),
  );
  const changes: Change[][] = [];
  registry.subscribe((all) => changes.push([...all]));
  return { registry, changes };
}

/** Changes as words: `added a`. */
export function words(changes: readonly Change[]): string[] {
  return changes.map(({ kind, model }) => `${kind} ${model.name}`);
}
