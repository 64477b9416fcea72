import type { CatalogModel, McpServer } from "./entries/entry.ts";
import type { Benchmarks } from "./performance/read-benchmarks.ts";
import type { CatalogLabel, NamedQuery, SourceSpec } from "./sources/source-spec.ts";

export type SourceStatus = "available" | "partially-available" | "error" | "disabled";

/** A source as it stands. */
export interface SourceState {
  readonly spec: SourceSpec;
  /** Undefined until it has been read for the first time. */
  readonly status: SourceStatus | undefined;
  /** What is wrong, in words; empty where nothing is. */
  readonly error: string;
  readonly models: readonly CatalogModel[];
  readonly servers: readonly McpServer[];
}

/** All that the catalog offers at one time. It never changes: another takes its place. */
export interface CatalogSnapshot {
  /** By id. */
  readonly sources: ReadonlyMap<string, SourceState>;
  readonly labels: readonly CatalogLabel[];
  readonly namedQueries: Readonly<Record<string, NamedQuery>>;
  /** By name. */
  readonly models: readonly CatalogModel[];
  /** By name. */
  readonly servers: readonly McpServer[];
  /** By source and name. */
  readonly modelsByName: ReadonlyMap<string, ReadonlyMap<string, CatalogModel>>;
  readonly serversById: ReadonlyMap<string, McpServer>;
}

export const emptySnapshot: CatalogSnapshot = {
  sources: new Map(),
  labels: [],
  namedQueries: {},
  models: [],
  servers: [],
  modelsByName: new Map(),
  serversById: new Map(),
};

/** Puts the states of sources together. */
export function snapshotOf(
  states: readonly SourceState[],
  { labels, namedQueries }: Pick<CatalogSnapshot, "labels" | "namedQueries">,
): CatalogSnapshot {
  const sorted = states.toSorted((a, b) => order(a.spec.id, b.spec.id));
  const servers = sorted.flatMap((state) => state.servers).sort(byName);
  return {
    sources: new Map(sorted.map((state) => [state.spec.id, state])),
    labels,
    namedQueries,
    models: sorted.flatMap((state) => state.models).sort(byName),
    servers,
    modelsByName: new Map(
      sorted.map(({ spec, models }) => [spec.id, new Map(models.map((model) => [model.name, model]))]),
    ),
    serversById: new Map(servers.map((server) => [server.id, server])),
  };
}

/** A model with what was measured of it elsewhere. */
export function withBenchmarks(model: CatalogModel, benchmarks: ReadonlyMap<string, Benchmarks>): CatalogModel {
  const found = benchmarks.get(model.name.toLowerCase());
  if (found === undefined) return model;
  return {
    ...model,
    artifacts: [...model.artifacts, ...found.artifacts],
    // What the source itself says goes first.
    customProperties: { ...found.properties, ...model.customProperties },
  };
}

function byName(a: { readonly name: string; readonly id: string }, b: { readonly name: string; readonly id: string }) {
  return order(a.name, b.name) || a.id.length - b.id.length || order(a.id, b.id);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
