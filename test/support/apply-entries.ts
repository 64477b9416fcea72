import type { SourceKind } from "../../src/registry/model.ts";
import type { LocatedEntry } from "../../src/registry/ports.ts";
import type { Registry } from "../../src/registry/registry.ts";

/** Hands entries to a registry as the one source of a kind in the own cluster. */
export function applyEntries(registry: Registry, kind: SourceKind, entries: readonly LocatedEntry[]): void {
  registry.apply({ kind, name: kind, cluster: "" }, { entries, refused: [] });
}
