import { mergedInTurns, sortedInTurns } from "../base/sorted-in-turns.ts";
import { yieldIfBusy } from "../base/yield-if-busy.ts";
import type { CatalogModel, McpServer } from "./entries/entry.ts";
import type { CatalogLabel, NamedQuery, SourceSpec } from "./sources/source-spec.ts";

export type SourceStatus = "available" | "partially-available" | "error" | "disabled";

/** The present state of a source. */
export interface SourceState {
  readonly spec: SourceSpec;
  /** Undefined until it has been read for the first time. */
  readonly status: SourceStatus | undefined;
  /** Its problem, in words; empty where there is none. */
  readonly error: string;
  readonly models: readonly CatalogModel[];
  readonly servers: readonly McpServer[];
}

/** The catalog at one moment. It is immutable and replaced by the next. */
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

/** Combines the states of sources, in short turns of the event loop. Unchanged parts are not sorted again. */
export async function snapshotOf(
  states: readonly SourceState[],
  { labels, namedQueries }: Pick<CatalogSnapshot, "labels" | "namedQueries">,
): Promise<CatalogSnapshot> {
  const sources = new Map(
    states.toSorted((a, b) => order(a.spec.id, b.spec.id)).map((state) => [state.spec.id, state]),
  );
  const modelsByName = new Map<string, ReadonlyMap<string, CatalogModel>>();
  const modelLists: (readonly CatalogModel[])[] = [];
  const serverLists: (readonly McpServer[])[] = [];
  for (const [id, state] of sources) {
    const models = await indexOf(state.models);
    modelsByName.set(id, models.byName);
    modelLists.push(models.sorted);
    serverLists.push(await sortedInTurns(state.servers, byName));
  }
  const servers = await mergedInTurns(serverLists, byName);
  const serversById = new Map<string, McpServer>();
  for (const server of servers) {
    serversById.set(server.id, server);
    await yieldIfBusy();
  }
  const models = await mergedInTurns(modelLists, byName);
  return { sources, labels, namedQueries, models, servers, modelsByName, serversById };
}

/** The models of one source, by name. */
interface ModelIndex {
  readonly sorted: readonly CatalogModel[];
  readonly byName: ReadonlyMap<string, CatalogModel>;
}

const indexes = new WeakMap<readonly CatalogModel[], ModelIndex>();

async function indexOf(models: readonly CatalogModel[]): Promise<ModelIndex> {
  const known = indexes.get(models);
  if (known !== undefined) return known;
  const sorted = await sortedInTurns(models, byName);
  const named = new Map<string, CatalogModel>();
  for (const model of sorted) {
    named.set(model.name, model);
    await yieldIfBusy();
  }
  const index = { sorted, byName: named };
  indexes.set(models, index);
  return index;
}

function byName(a: { readonly name: string; readonly id: string }, b: { readonly name: string; readonly id: string }) {
  return order(a.name, b.name) || a.id.length - b.id.length || order(a.id, b.id);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
