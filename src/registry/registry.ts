import { randomUUID } from "node:crypto";
import { PersistentMap } from "../base/persistent-map.ts";
import { changeSorted } from "../base/sorted-names.ts";
import type { AddressOptions } from "./address.ts";
import { ChangeLog } from "./change-log.ts";
import { combinedReadiness } from "./combined-readiness.ts";
import { MergedSources, type Touched, type UnservedEntry } from "./merged-sources.ts";
import { hasTrigger, type ModelEntry, type ModelType, type RegisteredModel } from "./model.ts";
import type { SourceChanges, SourceItem, SourceSnapshot } from "./ports.ts";
import { notChecked, type Readiness } from "./readiness.ts";
import { splitName } from "./registered-name.ts";
import { RegistryError } from "./registry-error.ts";
import { missingSources } from "./source-readiness.ts";
import { SourceUpdate } from "./source-update.ts";
import type { SourceIdentity, SourceStatus, VersionedSource } from "./versioned-source.ts";

/** Everything that is registered at one moment. Never changed once made; readers keep it as long as they like. */
export interface Snapshot {
  /** Grows with every change. */
  readonly version: number;
  /** By registered name, in no order. */
  readonly models: { get(name: string): RegisteredModel | undefined; values(): Iterable<RegisteredModel> };
  /** The names, sorted, so that a page can be found by name. */
  readonly names: readonly string[];
}

/** Which models to list; what is left out matches all. */
export interface ModelFilter {
  readonly type?: ModelType | undefined;
  readonly namespace?: string | undefined;
  readonly trigger?: string | undefined;
}

/** What became of one model, and its readiness at that moment; for one that was removed, its last. */
export type Change = { readonly model: RegisteredModel; readonly readiness: Readiness } & (
  | { readonly kind: "added" | "removed" }
  | { readonly kind: "changed"; readonly previous: RegisteredModel; readonly previousReadiness: Readiness }
  | { readonly kind: "readiness"; readonly previous: Readiness }
);

/** All that changed at once, and the version that it led to. */
export interface ChangeStep {
  readonly version: number;
  readonly changes: readonly Change[];
}

export interface RegistryOptions extends AddressOptions {
  /**
   * The least time between two swaps, in milliseconds: what sources say meanwhile is taken together, so that many
   * changes a second cost no more than few. The first snapshot of a source never waits. Default: 0, nothing waits.
   */
  readonly swapGapMs?: number;
  /** How many changes are kept for readers that come back. Default: 4,096. */
  readonly keptChanges?: number;
}

/** When to ask again while the sources are read for the first time. */
const loadRetryMs = 200;

type Listener = (changes: readonly Change[]) => void;

/**
 * Merges the snapshots of all sources into one and swaps it whole, so that readers never wait and never see half of a
 * change. Only the names that a snapshot touches are looked at again.
 */
export class Registry {
  /** Tells the versions of this registry from those of another one, such as that of the process before. */
  readonly epoch = randomUUID().slice(0, 8);
  readonly #swapGapMs: number;
  readonly #now: () => Date;
  readonly #merged: MergedSources;
  /** Our own checks, by registered name. */
  readonly #checks = new Map<string, Readiness>();
  readonly #listeners = new Set<Listener>();
  readonly #log: ChangeLog<Change>;
  readonly #pending = new Map<VersionedSource, SourceUpdate>();
  #timer: NodeJS.Timeout | undefined;
  #loaded = false;
  #swappedMs = Number.NEGATIVE_INFINITY;
  #models = new PersistentMap<RegisteredModel>();
  #snapshot: Snapshot = { version: 0, models: this.#models, names: [] };

  constructor(options: RegistryOptions, now: () => Date = () => new Date()) {
    this.#swapGapMs = options.swapGapMs ?? 0;
    this.#merged = new MergedSources(options);
    this.#now = now;
    this.#log = new ChangeLog(options.keptChanges ?? 4096, this.#snapshot.version);
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /**
   * The snapshot, once every source has handed over its models or said why it cannot: before that, what is not there may
   * come any moment, and nobody must take a part for the whole.
   *
   * @throws RegistryError MODELS_NOT_LOADED
   */
  get loadedSnapshot(): Snapshot {
    this.assertLoaded();
    return this.#snapshot;
  }

  /** @throws RegistryError MODELS_NOT_LOADED */
  assertLoaded(): void {
    if (this.#loaded) return;
    const missing = missingSources(this.sources);
    if (missing !== undefined) {
      const message = `The models are not loaded yet: ${missing}`;
      throw new RegistryError("MODELS_NOT_LOADED", message, { retryAfterMs: loadRetryMs });
    }
    this.#loaded = true;
  }

  /** The sources, in order of precedence. */
  get sources(): readonly SourceStatus[] {
    return this.#merged.sources.map(({ status }) => status);
  }

  /** The model of a registered name; that of a further cluster also under `cluster/name`, where it has its bare name. */
  get(name: string): RegisteredModel | undefined {
    const model = this.#snapshot.models.get(name);
    if (model !== undefined || !name.includes("/")) return model;
    const { cluster, name: bare } = splitName(name);
    return this.#merged.modelsOf(bare).find((one) => one.cluster === cluster);
  }

  /** Every entry that is not in force, by name. */
  get unserved(): readonly UnservedEntry[] {
    return this.#merged.unserved;
  }

  /** The refused entries of a name, as a caller writes it. */
  refusedOf(written: string): readonly UnservedEntry[] {
    const model = this.get(written);
    const { cluster, name } = splitName(model?.name ?? written);
    return this.#merged.refusedOf(model?.cluster ?? cluster, name);
  }

  /** Whether a source is of this cluster; empty for the own one. */
  hasCluster(cluster: string): boolean {
    return this.#merged.sources.some(({ identity }) => identity.cluster === cluster);
  }

  /** What stands at a place of a source; undefined where nothing does. */
  itemAt(source: SourceIdentity, location: string): SourceItem | undefined {
    return this.#merged.sourceOf(source).itemAt(location);
  }

  /** Makes a source known before it has handed over anything. */
  expect(source: SourceIdentity): void {
    this.#merged.sourceOf(source);
  }

  /** Replaces all that one source holds. */
  apply(source: SourceIdentity, snapshot: SourceSnapshot): void {
    this.#update(source, (update) => update.replace(snapshot));
  }

  /** Takes over what has changed in one source. */
  change(source: SourceIdentity, changes: SourceChanges): void {
    this.#update(source, (update) => update.change(changes));
  }

  #update(source: SourceIdentity, put: (update: SourceUpdate) => void): void {
    const held = this.#merged.sourceOf(source);
    const update = this.#pending.get(held) ?? new SourceUpdate();
    this.#pending.set(held, update);
    put(update);
    const waitMs = held.loaded ? this.#swappedMs + this.#swapGapMs - performance.now() : 0;
    if (waitMs <= 0) this.#takePending();
    else this.#timer ??= setTimeout(() => this.#takePending(), waitMs).unref();
  }

  /** Notes what keeps a source from being up to date; undefined when it is well again. */
  setTrouble(source: SourceIdentity, problem: string | undefined): void {
    this.#merged.sourceOf(source).setTrouble(problem, this.#now());
    this.#notify([]);
  }

  /** The readiness of a model, by its registered name: our last check, and what its InferenceService says. */
  readiness(name: string): Readiness {
    const model = this.#snapshot.models.get(name);
    const checked = this.#checks.get(name) ?? notChecked;
    return model === undefined ? checked : combinedReadiness(checked, this.#merged.factsOf(model));
  }

  /** Whether a model may be asleep, so that its state is the word of its cluster and it is not to be asked. */
  mayBeAsleep(model: RegisteredModel): boolean {
    const facts = this.#merged.factsOf(model);
    return facts?.scalesToZero === true && facts.state !== "unknown";
  }

  /** Notes the result of a readiness check, unless the model is gone or goes to another address by now. */
  setReadiness(model: RegisteredModel, readiness: Readiness): void {
    const current = this.#snapshot.models.get(model.name);
    if (current === undefined || !sameTarget(current, model)) return;
    const previous = this.readiness(model.name);
    this.#checks.set(model.name, readiness);
    const combined = this.readiness(model.name);
    if (sameReadiness(previous, combined)) return;
    this.#publish(this.#snapshot.names, [{ kind: "readiness", model: current, readiness: combined, previous }]);
  }

  /**
   * Calls back after every change, with all that changed at once; with nothing when it is only a source that came up or
   * got into trouble. Returns a function that ends it.
   */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** All that has changed since a version; undefined when that is too long ago to be known. */
  changesSince(version: number): readonly ChangeStep[] | undefined {
    return this.#log.since(version);
  }

  #takePending(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const cameUp = [...this.#pending.keys()].some(({ loaded }) => !loaded);
    const touched = this.#merged.take(this.#pending, this.#now());
    this.#pending.clear();
    const { version } = this.#snapshot;
    if (touched.names.size > 0) this.#swap(touched);
    if (cameUp && this.#snapshot.version === version) this.#notify([]);
    this.#swappedMs = performance.now();
  }

  #swap({ names: touched, factsBefore }: Touched): void {
    const models = new Map<string, RegisteredModel | undefined>();
    const before = new Map<string, RegisteredModel>();
    const after = new Map<string, RegisteredModel>();
    for (const name of touched) {
      for (const model of this.#merged.modelsOf(name)) before.set(model.name, model);
      this.#merged.rebuild(name);
      for (const model of this.#merged.modelsOf(name)) after.set(model.name, model);
    }
    const readinessBefore = (model: RegisteredModel): Readiness =>
      combinedReadiness(this.#checks.get(model.name) ?? notChecked, this.#merged.factsOf(model, factsBefore));
    const changes: Change[] = [];
    const added: string[] = [];
    for (const [name, model] of after) {
      const previous = before.get(name);
      if (previous !== model) models.set(name, model);
      if (previous === undefined) {
        added.push(name);
        changes.push({ kind: "added", model, readiness: combinedReadiness(notChecked, this.#merged.factsOf(model)) });
        continue;
      }
      const readinessOfPrevious = readinessBefore(previous);
      // A check of another address says nothing about this one.
      if (movedAway(previous, model)) this.#checks.delete(name);
      const checked = this.#checks.get(name) ?? notChecked;
      const readiness = combinedReadiness(checked, this.#merged.factsOf(model));
      if (previous !== model) {
        changes.push({ kind: "changed", model, previous, readiness, previousReadiness: readinessOfPrevious });
      } else if (!sameReadiness(readinessOfPrevious, readiness)) {
        changes.push({ kind: "readiness", model, previous: readinessOfPrevious, readiness });
      }
    }
    const removed = new Set<string>();
    for (const [name, model] of before) {
      if (after.has(name)) continue;
      changes.push({ kind: "removed", model, readiness: readinessBefore(model) });
      removed.add(name);
      models.set(name, undefined);
      this.#checks.delete(name);
    }
    if (changes.length === 0) return;
    this.#models = this.#models.with(models);
    this.#publish(changeSorted(this.#snapshot.names, removed, added), changes);
  }

  #publish(names: readonly string[], changes: readonly Change[]): void {
    const version = this.#snapshot.version + 1;
    this.#snapshot = { version, models: this.#models, names };
    this.#log.add(version, changes);
    this.#notify(changes);
  }

  #notify(changes: readonly Change[]): void {
    for (const listener of [...this.#listeners]) listener(changes);
  }
}

/** Whether a model, or an entry of one, is one of those that a filter asks for. */
export function matches(model: ModelEntry, filter: ModelFilter): boolean {
  return (
    (filter.type === undefined || model.type === filter.type) &&
    (filter.namespace === undefined || model.namespace === filter.namespace) &&
    (filter.trigger === undefined || hasTrigger(model, filter.trigger))
  );
}

function sameReadiness(a: Readiness, b: Readiness): boolean {
  return a.state === b.state && a.reason === b.reason;
}

/** The same address may mean another server in another cluster. */
function sameTarget(a: RegisteredModel, b: RegisteredModel): boolean {
  return a.address.url === b.address.url && a.cluster === b.cluster;
}

function movedAway(before: RegisteredModel, after: RegisteredModel): boolean {
  return !sameTarget(before, after) || before.model !== after.model;
}
