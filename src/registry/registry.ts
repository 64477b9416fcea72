import { randomUUID } from "node:crypto";
import { type AddressOptions, addressOf, inferenceServiceNames } from "./address.ts";
import { ChangeLog } from "./change-log.ts";
import { combinedReadiness } from "./combined-readiness.ts";
import type { EntryProblem } from "./field-reader.ts";
import { byPrecedence, factsKey, HeldSource, type SourceIdentity, type SourceStatus } from "./held-source.ts";
import type { Held } from "./holding.ts";
import { hasTrigger, type ModelEntry, type ModelType, type Provenance, type RegisteredModel } from "./model.ts";
import type { InferenceServiceFacts, LocatedEntry, RefusedEntry, SourceSnapshot } from "./ports.ts";
import { notChecked, type Readiness } from "./readiness.ts";
import { registeredName, splitName } from "./registered-name.ts";
import { changeSorted } from "./sorted-names.ts";

/** Everything that is registered at one moment. Never changed once made; readers keep it as long as they like. */
export interface Snapshot {
  /** Grows with every change. */
  readonly version: number;
  /** By registered name, in no order. */
  readonly models: ReadonlyMap<string, RegisteredModel>;
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
   * The least time between two swaps, in milliseconds: what sources hand over meanwhile is taken together, so that many
   * changes a second cost no more than few. The first snapshot of a source never waits. Default: 0, nothing waits.
   */
  readonly swapGapMs?: number;
  /** How many changes are kept for readers that come back. Default: 4,096. */
  readonly keptChanges?: number;
}

type Listener = (changes: readonly Change[]) => void;

/** An entry that is not in force: shadowed by another one of its name, or refused. */
export interface UnservedEntry extends Pick<Provenance, "source" | "location" | "cluster"> {
  /** The registered name of the model; of a refused entry its own. Undefined when not even that can be read. */
  readonly name: string | undefined;
  /** Undefined when it is refused. */
  readonly shadowed: { readonly entry: ModelEntry; readonly updateTime: Date } | undefined;
  /** What is wrong with it, when it is refused. */
  readonly problems: readonly EntryProblem[];
}

/** One entry for a name, and whose it is. */
interface Candidate {
  readonly identity: SourceIdentity;
  readonly held: Held<LocatedEntry>;
}

/** A model with what it was made of: made of the same, it is the same. */
interface Built {
  readonly model: RegisteredModel;
  /** The one in force, and those that it shadows. */
  readonly candidates: readonly Candidate[];
}

/**
 * Merges the snapshots of all sources into one and swaps it whole, so that readers never wait and never see half of a
 * change. On the same name in the same cluster the source with the higher precedence wins; the others stay visible as
 * shadowed. Only the names that a snapshot touches are looked at again.
 */
export class Registry {
  /** Tells the versions of this registry from those of another one, such as that of the process before. */
  readonly epoch = randomUUID().slice(0, 8);
  readonly #options: RegistryOptions;
  readonly #now: () => Date;
  /** In order of precedence. */
  #sources: HeldSource[] = [];
  /** By the bare name, one for each cluster that has it. */
  readonly #built = new Map<string, readonly Built[]>();
  /** The bare names of the models that may mean an InferenceService: by its cluster, namespace and name. */
  readonly #dependents = new Map<string, Set<string>>();
  /** Our own checks, by registered name. */
  readonly #checks = new Map<string, Readiness>();
  readonly #listeners = new Set<Listener>();
  readonly #log: ChangeLog<Change>;
  readonly #pending = new Map<HeldSource, SourceSnapshot>();
  #timer: NodeJS.Timeout | undefined;
  #swappedMs = Number.NEGATIVE_INFINITY;
  #snapshot: Snapshot = { version: 0, models: new Map(), names: [] };

  constructor(options: RegistryOptions, now: () => Date = () => new Date()) {
    this.#options = options;
    this.#now = now;
    this.#log = new ChangeLog(options.keptChanges ?? 4096, this.#snapshot.version);
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** The sources, in order of precedence. */
  get sources(): readonly SourceStatus[] {
    return this.#sources.map(({ status }) => status);
  }

  /** The model of a registered name; that of a further cluster also under `cluster/name`, where it has its bare name. */
  get(name: string): RegisteredModel | undefined {
    const model = this.#snapshot.models.get(name);
    if (model !== undefined || !name.includes("/")) return model;
    const { cluster, name: bare } = splitName(name);
    return this.#built.get(bare)?.find((built) => built.model.cluster === cluster)?.model;
  }

  /** Every entry that is not in force, by name. */
  get unserved(): readonly UnservedEntry[] {
    const shadowed = [...this.#built.values()].flat().flatMap(({ model, candidates }) =>
      candidates.slice(1).map((candidate): UnservedEntry => {
        const { source, location, cluster, updateTime } = provenance(candidate);
        const { entry } = candidate.held.item;
        return { name: model.name, source, location, cluster, shadowed: { entry, updateTime }, problems: [] };
      }),
    );
    const refused = this.#sources.flatMap(({ refused, identity }) => refused.map((one) => refusal(one, identity)));
    return [...shadowed, ...refused].sort((a, b) => ((a.name ?? "") < (b.name ?? "") ? -1 : a.name === b.name ? 0 : 1));
  }

  /** The refused entries of a name, as a caller writes it. */
  refusedOf(written: string): readonly UnservedEntry[] {
    const model = this.get(written);
    const { cluster, name } =
      model === undefined ? splitName(written) : { ...splitName(model.name), cluster: model.cluster };
    return this.#sources
      .filter(({ identity }) => identity.cluster === cluster)
      .flatMap(({ refused, identity }) =>
        refused.filter((one) => one.name === name).map((one) => refusal(one, identity)),
      );
  }

  /** Whether a source is of this cluster; empty for the own one. */
  hasCluster(cluster: string): boolean {
    return this.#sources.some(({ identity }) => identity.cluster === cluster);
  }

  /** Makes a source known before it has handed over anything. */
  expect(source: SourceIdentity): void {
    this.#heldOf(source);
  }

  /** Replaces all that one source holds. */
  apply(source: SourceIdentity, snapshot: SourceSnapshot): void {
    const held = this.#heldOf(source);
    this.#pending.set(held, snapshot);
    const waitMs = held.loaded ? this.#swappedMs + (this.#options.swapGapMs ?? 0) - performance.now() : 0;
    if (waitMs <= 0) this.#takePending();
    else this.#timer ??= setTimeout(() => this.#takePending(), waitMs).unref();
  }

  /** Notes what keeps a source from being up to date; undefined when it is well again. */
  setTrouble(source: SourceIdentity, problem: string | undefined): void {
    this.#heldOf(source).setTrouble(problem, this.#now());
    this.#notify([]);
  }

  /** The readiness of a model, by its registered name: our last check, and what its InferenceService says. */
  readiness(name: string): Readiness {
    const model = this.#snapshot.models.get(name);
    const checked = this.#checks.get(name) ?? notChecked;
    return model === undefined ? checked : combinedReadiness(checked, this.#factsOf(model));
  }

  /** Notes the result of a readiness check, unless the model is gone or goes to another address by now. */
  setReadiness(model: RegisteredModel, readiness: Readiness): void {
    const current = this.#snapshot.models.get(model.name);
    if (current === undefined || !sameTarget(current, model)) return;
    const previous = this.readiness(model.name);
    this.#checks.set(model.name, readiness);
    const combined = this.readiness(model.name);
    if (sameReadiness(previous, combined)) return;
    const { models, names } = this.#snapshot;
    this.#publish(models, names, [{ kind: "readiness", model: current, readiness: combined, previous }]);
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

  #heldOf(identity: SourceIdentity): HeldSource {
    const known = this.#sources.find((source) => source.identity.name === identity.name);
    if (known !== undefined) return known;
    const { kind, name, cluster } = identity;
    const held = new HeldSource({ kind, name, cluster });
    this.#sources = [...this.#sources, held].sort((a, b) => byPrecedence(a.identity, b.identity));
    return held;
  }

  #takePending(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const now = this.#now();
    const touched = new Set<string>();
    /** What was known before of the InferenceServices that changed, by their key. */
    const factsBefore = new Map<string, InferenceServiceFacts | undefined>();
    let cameUp = false;
    for (const [source, snapshot] of this.#pending) {
      cameUp ||= !source.loaded;
      const { entries, facts } = source.replace(snapshot, now);
      for (const { key } of entries) touched.add(key);
      for (const { key, before } of facts) {
        const full = `${source.identity.cluster}/${key}`;
        factsBefore.set(full, before?.item);
        for (const name of this.#dependents.get(full) ?? []) touched.add(name);
      }
    }
    this.#pending.clear();
    const { version } = this.#snapshot;
    if (touched.size > 0) this.#swap(touched, factsBefore);
    if (cameUp && this.#snapshot.version === version) this.#notify([]);
    this.#swappedMs = performance.now();
  }

  #swap(touched: ReadonlySet<string>, factsBefore: ReadonlyMap<string, InferenceServiceFacts | undefined>): void {
    const models = new Map(this.#snapshot.models);
    const before = new Map<string, RegisteredModel>();
    const after = new Map<string, RegisteredModel>();
    for (const name of touched) {
      for (const { model } of this.#built.get(name) ?? []) before.set(model.name, model);
      for (const { model } of this.#rebuild(name)) after.set(model.name, model);
    }
    const readinessBefore = (model: RegisteredModel): Readiness =>
      combinedReadiness(this.#checks.get(model.name) ?? notChecked, this.#factsOf(model, factsBefore));
    const changes: Change[] = [];
    const added: string[] = [];
    for (const [name, model] of after) {
      const previous = before.get(name);
      models.set(name, model);
      if (previous === undefined) {
        added.push(name);
        changes.push({ kind: "added", model, readiness: combinedReadiness(notChecked, this.#factsOf(model)) });
        continue;
      }
      const readinessOfPrevious = readinessBefore(previous);
      // A check of another address says nothing about this one.
      if (movedAway(previous, model)) this.#checks.delete(name);
      const checked = this.#checks.get(name) ?? notChecked;
      const readiness = combinedReadiness(checked, this.#factsOf(model));
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
      models.delete(name);
      this.#checks.delete(name);
    }
    if (changes.length > 0) this.#publish(models, changeSorted(this.#snapshot.names, removed, added), changes);
  }

  /** Makes the models of a bare name afresh, one for each cluster; those that come out as they were stay the same. */
  #rebuild(name: string): readonly Built[] {
    const byCluster = new Map<string, Candidate[]>();
    for (const { identity, entries } of this.#sources) {
      const held = entries.get(name);
      if (held === undefined) continue;
      const others = byCluster.get(identity.cluster);
      if (others === undefined) byCluster.set(identity.cluster, [{ identity, held }]);
      else others.push({ identity, held });
    }
    const before = this.#built.get(name) ?? [];
    for (const { model } of before) this.#setDependent(model, name, false);
    const clusters = [...byCluster.keys()];
    const built = clusters.map((cluster): Built => {
      const candidates = byCluster.get(cluster)!;
      const model = this.#modelOf(candidates, registeredName(name, cluster, clusters));
      const known = before.find((one) => one.model.cluster === cluster);
      return known !== undefined && isSame(known, candidates, model)
        ? known
        : { model: Object.freeze(model), candidates };
    });
    for (const { model } of built) this.#setDependent(model, name, true);
    if (built.length > 0) this.#built.set(name, built);
    else this.#built.delete(name);
    return built;
  }

  #modelOf([winner, ...losers]: readonly Candidate[], name: string): RegisteredModel {
    const { entry } = winner!.held.item;
    const { cluster } = winner!.identity;
    return {
      ...entry,
      ...provenance(winner!),
      name,
      address: addressOf(entry, this.#factsOf({ ...entry, cluster }), this.#options),
      shadowed: losers.map(provenance),
    };
  }

  /** What its cluster says of the InferenceService of a model: as it is now, or as it was for those in `before`. */
  #factsOf(
    model: Pick<RegisteredModel, "service" | "url" | "namespace" | "cluster">,
    before?: ReadonlyMap<string, InferenceServiceFacts | undefined>,
  ): InferenceServiceFacts | undefined {
    for (const service of inferenceServiceNames(model)) {
      const key = factsKey(model.namespace, service);
      const full = `${model.cluster}/${key}`;
      const facts = before?.has(full) ? before.get(full) : this.#factsNow(model.cluster, key);
      if (facts !== undefined) return facts;
    }
    return undefined;
  }

  #factsNow(cluster: string, key: string): InferenceServiceFacts | undefined {
    for (const { identity, facts } of this.#sources) {
      const held = identity.cluster === cluster ? facts.get(key) : undefined;
      if (held !== undefined) return held.item;
    }
    return undefined;
  }

  #setDependent(model: RegisteredModel, bareName: string, dependent: boolean): void {
    for (const service of inferenceServiceNames(model)) {
      const key = `${model.cluster}/${factsKey(model.namespace, service)}`;
      const names = this.#dependents.get(key) ?? new Set();
      if (dependent) this.#dependents.set(key, names.add(bareName));
      else if (names.delete(bareName) && names.size === 0) this.#dependents.delete(key);
    }
  }

  #publish(models: ReadonlyMap<string, RegisteredModel>, names: readonly string[], changes: readonly Change[]): void {
    const version = this.#snapshot.version + 1;
    this.#snapshot = { version, models, names };
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

function provenance({ identity, held }: Candidate): Provenance {
  const { kind: source, cluster } = identity;
  return { source, location: held.item.location, cluster, updateTime: held.since };
}

function refusal({ name, location, problems }: RefusedEntry, { kind, cluster }: SourceIdentity): UnservedEntry {
  return { name, source: kind, location, cluster, shadowed: undefined, problems };
}

function isSame(known: Built, candidates: readonly Candidate[], model: RegisteredModel): boolean {
  return (
    known.model.name === model.name &&
    known.model.address.url === model.address.url &&
    known.model.address.rule === model.address.rule &&
    known.candidates.length === candidates.length &&
    known.candidates.every(({ held }, i) => held === candidates[i]!.held)
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
