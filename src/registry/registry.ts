import { randomUUID } from "node:crypto";
import { PersistentMap } from "../base/persistent-map.ts";
import { changeSorted } from "../base/sorted-names.ts";
import { ChangeLog } from "./change-log.ts";
import { combinedReadiness } from "./combined-readiness.ts";
import {
  type FactsBefore,
  MergedSources,
  type MergeOptions,
  type Touched,
  type UnservedEntry,
} from "./merged-sources.ts";
import { hasTrigger, type ModelEntry, type ModelType, type RegisteredModel, type VersionFinding } from "./model.ts";
import { type ModelKey, type ModelRef, modelKey } from "./model-key.ts";
import type { SourceChanges, SourceItem, SourceSnapshot } from "./ports.ts";
import { notChecked, type Readiness } from "./readiness.ts";
import { qualifiedName, splitName } from "./registered-name.ts";
import { RegistryError } from "./registry-error.ts";
import { missingSources } from "./source-readiness.ts";
import { SourceUpdate } from "./source-update.ts";
import type { VersionRef } from "./version-ref.ts";
import type { SourceIdentity, SourceStatus, VersionedSource } from "./versioned-source.ts";

/** Everything that is registered at one moment. Never changed once made; readers keep it as long as they like. */
export interface Snapshot {
  /** Grows with every change. */
  readonly version: number;
  /** All of them, in no order. */
  readonly models: { get(key: ModelKey): RegisteredModel | undefined; values(): Iterable<RegisteredModel> };
  /** Their keys, sorted, so that a page can be found by key. */
  readonly keys: readonly ModelKey[];
  /** The holder of each registered name. */
  readonly holders: { get(name: string): RegisteredModel | undefined };
  /** The names that have a holder, sorted. */
  readonly names: readonly string[];
}

/** Which models to list; what is left out matches all. */
export interface ModelFilter {
  readonly type?: ModelType | undefined;
  readonly namespace?: string | undefined;
  /** A further cluster. */
  readonly cluster?: string | undefined;
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

export interface RegistryOptions extends MergeOptions {
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
  /** Distinguishes the versions of this registry from those of another one, such as that of the process before. */
  readonly epoch = randomUUID().slice(0, 8);
  readonly #swapGapMs: number;
  readonly #now: () => Date;
  readonly #merged: MergedSources;
  /** Our own checks. */
  readonly #checks = new Map<ModelKey, Readiness>();
  readonly #listeners = new Set<Listener>();
  readonly #log: ChangeLog<Change>;
  readonly #pending = new Map<VersionedSource, SourceUpdate>();
  #timer: NodeJS.Timeout | undefined;
  #loaded = false;
  #swappedMs = Number.NEGATIVE_INFINITY;
  #models = new PersistentMap<RegisteredModel>();
  #holders = new PersistentMap<RegisteredModel>();
  #snapshot: Snapshot = { version: 0, models: this.#models, keys: [], holders: this.#holders, names: [] };

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
   * The snapshot, once every source has delivered its models or reported why it cannot. Before that, a missing model
   * may still arrive, and the models so far must not be taken for all of them.
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

  /** The holder of a registered name; that of a further cluster also under `cluster/name`, where it has its bare name. */
  get(name: string): RegisteredModel | undefined {
    const model = this.#snapshot.holders.get(name);
    if (model !== undefined || !name.includes("/")) return model;
    const { cluster, name: bare } = splitName(name);
    return ofCluster(this.#snapshot.holders.get(bare), cluster);
  }

  /** The model that a caller names: with a namespace the one there, without one the holder of the name. */
  find({ name, namespace = "", cluster = "" }: ModelRef): RegisteredModel | undefined {
    if (namespace === "" && cluster === "") return this.get(name);
    const written = splitName(name);
    if (cluster !== "" && written.cluster !== "" && written.cluster !== cluster) return undefined;
    const meant = cluster || written.cluster;
    if (namespace === "") return this.get(qualifiedName(meant, written.name));
    const { models } = this.#snapshot;
    const bare = models.get(modelKey(written.name, namespace));
    if (meant === "") return bare;
    return models.get(modelKey(qualifiedName(meant, written.name), namespace)) ?? ofCluster(bare, meant);
  }

  /** Every model that has the bare name of a reference, in its cluster and in its namespace where it gives them. */
  namesakesOf({ name, namespace = "", cluster = "" }: ModelRef): readonly RegisteredModel[] {
    const written = splitName(name);
    const meant = cluster || written.cluster;
    return this.#merged
      .modelsOf(written.name)
      .filter(
        (model) => (meant === "" || model.cluster === meant) && (namespace === "" || model.namespace === namespace),
      );
  }

  /** Every entry that is not in force, by name. */
  get unserved(): readonly UnservedEntry[] {
    return this.#merged.unserved;
  }

  /** The refused entries of a model, as a caller names it, or of a name where no namespace is given. */
  refusedOf(ref: ModelRef): readonly UnservedEntry[] {
    const model = this.find(ref);
    const { cluster, name } = splitName(model?.name ?? ref.name);
    return this.#merged.refusedOf(model?.cluster ?? (ref.cluster || cluster), name, model?.namespace ?? ref.namespace);
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

  /** The versions that models are linked to. */
  get linkedVersions(): readonly VersionRef[] {
    return this.#merged.linkedVersions;
  }

  /** What is known of a version; undefined where it has not been looked up. */
  findingOf(ref: VersionRef): VersionFinding | undefined {
    return this.#merged.findingOf(ref);
  }

  /** Applies findings about versions. Versions that are not named are unchanged. */
  setFindings(findings: ReadonlyMap<VersionRef, VersionFinding>): void {
    const touched = this.#merged.takeFindings(findings);
    if (touched.names.size > 0) this.#swap(touched);
  }

  /** Notes what keeps a source from being up to date; undefined when it is well again. */
  setTrouble(source: SourceIdentity, problem: string | undefined): void {
    this.#merged.sourceOf(source).setTrouble(problem, this.#now());
    this.#notify([]);
  }

  /** The readiness of a model: our last check, and what its InferenceService says. */
  readiness(key: ModelKey): Readiness {
    const model = this.#snapshot.models.get(key);
    const checked = this.#checks.get(key) ?? notChecked;
    return model === undefined ? checked : combinedReadiness(checked, this.#merged.factsOf(model));
  }

  /** Whether a model may be asleep, so that its state is the word of its cluster and it is not to be asked. */
  mayBeAsleep(model: RegisteredModel): boolean {
    const facts = this.#merged.factsOf(model);
    return facts?.scalesToZero === true && facts.state !== "unknown";
  }

  /** Notes the result of a readiness check, unless the model is gone or is called at another address or by another protocol by now. */
  setReadiness(model: RegisteredModel, readiness: Readiness): void {
    const { key } = model;
    const current = this.#snapshot.models.get(key);
    if (current === undefined || !sameTarget(current, model)) return;
    const previous = this.readiness(key);
    this.#checks.set(key, readiness);
    const combined = this.readiness(key);
    if (sameReadiness(previous, combined)) return;
    this.#publish({}, [{ kind: "readiness", model: current, readiness: combined, previous }]);
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
    const before: RegisteredModel[] = [];
    const after: RegisteredModel[] = [];
    for (const name of touched) {
      before.push(...this.#merged.modelsOf(name));
      this.#merged.rebuild(name);
      after.push(...this.#merged.modelsOf(name));
    }
    const models = replaced(before, after, ({ key }) => key);
    const holders = replaced(before.filter(holdsName), after.filter(holdsName), ({ name }) => name);
    const changes = this.#changesOf(before, after, factsBefore);
    if (changes.length === 0) return;
    this.#models = this.#models.with(models.changed);
    this.#holders = this.#holders.with(holders.changed);
    const { keys, names } = this.#snapshot;
    this.#publish(
      { keys: changeSorted(keys, models.gone, models.fresh), names: changeSorted(names, holders.gone, holders.fresh) },
      changes,
    );
  }

  #changesOf(
    before: readonly RegisteredModel[],
    after: readonly RegisteredModel[],
    factsBefore: FactsBefore,
  ): readonly Change[] {
    const previousOf = previousModels(before, after);
    const readinessBefore = (model: RegisteredModel): Readiness =>
      combinedReadiness(this.#checks.get(model.key) ?? notChecked, this.#merged.factsOf(model, factsBefore));
    const changes: Change[] = [];
    for (const model of after) {
      const { key } = model;
      const previous = previousOf.get(key);
      if (previous === undefined) {
        changes.push({ kind: "added", model, readiness: combinedReadiness(notChecked, this.#merged.factsOf(model)) });
        continue;
      }
      const readinessOfPrevious = readinessBefore(previous);
      const checked = this.#carryCheck(previous, model);
      const readiness = combinedReadiness(checked, this.#merged.factsOf(model));
      if (previous !== model) {
        changes.push({ kind: "changed", model, previous, readiness, previousReadiness: readinessOfPrevious });
      } else if (!sameReadiness(readinessOfPrevious, readiness)) {
        changes.push({ kind: "readiness", model, previous: readinessOfPrevious, readiness });
      }
    }
    const replaced = new Set(previousOf.values());
    const removed = before
      .filter((model) => !replaced.has(model))
      .map((model): Change => ({ kind: "removed", model, readiness: readinessBefore(model) }));
    for (const { model } of removed) this.#checks.delete(model.key);
    // Subscribers that keep models by name must not lose the one that has it now.
    const names = new Set(after.map(({ name }) => name));
    const isTaken = ({ model }: Change): boolean => names.has(model.name);
    const isLoss = (change: Change): boolean =>
      change.kind === "changed" && change.previous.holdsName && !change.model.holdsName;
    return [
      ...removed.filter(isTaken),
      ...changes.filter(isLoss),
      ...changes.filter((change) => !isLoss(change)),
      ...removed.filter((change) => !isTaken(change)),
    ];
  }

  /** What the last check of a model says of the one that has taken its place: of another address or protocol it says nothing. */
  #carryCheck(previous: RegisteredModel, model: RegisteredModel): Readiness {
    const checked = movedAway(previous, model) ? undefined : this.#checks.get(previous.key);
    this.#checks.delete(previous.key);
    if (checked !== undefined) this.#checks.set(model.key, checked);
    return checked ?? notChecked;
  }

  #publish(lists: Partial<Pick<Snapshot, "keys" | "names">>, changes: readonly Change[]): void {
    const version = this.#snapshot.version + 1;
    this.#snapshot = { ...this.#snapshot, version, models: this.#models, holders: this.#holders, ...lists };
    this.#log.add(version, changes);
    this.#notify(changes);
  }

  #notify(changes: readonly Change[]): void {
    for (const listener of [...this.#listeners]) listener(changes);
  }
}

/** Whether a model, or an entry of one, is one of those that a filter asks for. */
export function matches(model: ModelEntry & Pick<RegisteredModel, "cluster">, filter: ModelFilter): boolean {
  return (
    (filter.type === undefined || model.type === filter.type) &&
    (filter.namespace === undefined || model.namespace === filter.namespace) &&
    (filter.cluster === undefined || model.cluster === filter.cluster) &&
    (filter.trigger === undefined || hasTrigger(model, filter.trigger))
  );
}

/**
 * The model that each one has taken the place of: that of its key. Where a name had one model and has another one, that is
 * the same model for anyone who knows it by its name, so it has changed: an entry has moved to another namespace.
 */
function previousModels(
  before: readonly RegisteredModel[],
  after: readonly RegisteredModel[],
): ReadonlyMap<ModelKey, RegisteredModel> {
  const keys = new Set(after.map(({ key }) => key));
  const previous = new Map(before.flatMap((model) => (keys.has(model.key) ? [[model.key, model] as const] : [])));
  const beforeByName = Map.groupBy(before, ({ name }) => name);
  for (const [name, [model, other]] of Map.groupBy(after, ({ name }) => name)) {
    const [known, otherKnown] = beforeByName.get(name) ?? [];
    if (known !== undefined && otherKnown === undefined && other === undefined) previous.set(model!.key, known);
  }
  return previous;
}

/** The model whose key is gone with a change: for those who keep something for each model. */
export function goneModel(change: Change): RegisteredModel | undefined {
  if (change.kind === "removed") return change.model;
  return change.kind === "changed" && change.previous.key !== change.model.key ? change.previous : undefined;
}

/** What has been put in, replaced and taken out between two lists of models, by a text that identifies them. */
function replaced<Id extends string>(
  before: readonly RegisteredModel[],
  after: readonly RegisteredModel[],
  idOf: (model: RegisteredModel) => Id,
): {
  readonly changed: ReadonlyMap<Id, RegisteredModel | undefined>;
  readonly gone: ReadonlySet<Id>;
  readonly fresh: readonly Id[];
} {
  const changed = new Map<Id, RegisteredModel | undefined>();
  const previous = new Map(before.map((model) => [idOf(model), model]));
  const fresh: Id[] = [];
  for (const model of after) {
    const id = idOf(model);
    const known = previous.get(id);
    previous.delete(id);
    if (known === undefined) fresh.push(id);
    if (known !== model) changed.set(id, model);
  }
  for (const id of previous.keys()) changed.set(id, undefined);
  return { changed, gone: new Set(previous.keys()), fresh };
}

function holdsName(model: RegisteredModel): boolean {
  return model.holdsName;
}

function ofCluster(model: RegisteredModel | undefined, cluster: string): RegisteredModel | undefined {
  return model?.cluster === cluster ? model : undefined;
}

function sameReadiness(a: Readiness, b: Readiness): boolean {
  return a.state === b.state && a.reason === b.reason;
}

/** The same address may mean another server in another cluster, and a check of another protocol says nothing. */
function sameTarget(a: RegisteredModel, b: RegisteredModel): boolean {
  return a.address.url === b.address.url && a.cluster === b.cluster && a.protocol === b.protocol;
}

function movedAway(before: RegisteredModel, after: RegisteredModel): boolean {
  return !sameTarget(before, after) || before.model !== after.model;
}
