import type { RegisteredModel, SourceKind } from "../../src/registry/model.ts";
import { parseModelEntry } from "../../src/registry/model-entry.ts";
import { Registry } from "../../src/registry/registry.ts";
import { applyEntries } from "./apply-entries.ts";
import { type Entry, model, namespace } from "./running-service.ts";

/** One model as a registry has it. Without a `url` it is that of nobody. */
export function registered(entry: Partial<Entry> = {}, source: SourceKind = "environment"): RegisteredModel {
  const value = { name: model, type: "anomaly", url: "http://model.test", ...entry };
  const parsed = parseModelEntry(value, namespace);
  if (parsed.entry === undefined) throw new Error(JSON.stringify(parsed.problems));
  const registry = new Registry({ urlFormat: "http://{service}", defaultPort: undefined });
  applyEntries(registry, source, [{ entry: parsed.entry, location: "KSERVE_MODEL_REGISTRY[0]" }]);
  return registry.get(value.name)!;
}
