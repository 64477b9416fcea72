import { isDeepStrictEqual } from "node:util";
import type { EntryProblem } from "../base/field-reader.ts";
import { type AddressOptions, addressOf, inferenceServiceNames } from "./address.ts";
import type { LinkClaim, ModelEntry, Provenance, RegisteredModel, VersionFinding, VersionLink } from "./model.ts";
import { type ModelKey, modelKey } from "./model-key.ts";
import { type HolderRules, holderOf, type NameClaim } from "./name-holder.ts";
import type { InferenceServiceFacts, LocatedEntry, RefusedEntry } from "./ports.ts";
import { registeredName } from "./registered-name.ts";
import { factsKey, type SourceUpdate } from "./source-update.ts";
import { declarationsOf, linkOf } from "./version-link.ts";
import { type VersionRef, versionRefText } from "./version-ref.ts";
import type { Versioned } from "./versioned-items.ts";
import { byPrecedence, compareTexts, entryOf, type SourceIdentity, VersionedSource } from "./versioned-source.ts";

/** An entry that is not in force: shadowed by another one of its name and namespace, or refused. */
export interface UnservedEntry extends Pick<Provenance, "source" | "location" | "cluster" | "tenant"> {
  /** The registered name of the model; of a refused entry its own. Undefined when not even that can be read. */
  readonly name: string | undefined;
  /** The entry, and whether the model that shadows it holds the name. Undefined when it is refused. */
  readonly shadowed: { readonly entry: ModelEntry; readonly updateTime: Date; readonly holdsName: boolean } | undefined;
  /** Its problems, when it is refused. */
  readonly problems: readonly EntryProblem[];
}

/** An entry, and the source that it is from. */
interface Candidate {
  readonly identity: SourceIdentity;
  readonly held: Versioned<LocatedEntry>;
}

/** A model with what it was built from: built from the same, it is the same object. */
interface Built {
  readonly model: RegisteredModel;
  /** The one in force, and those that it shadows. */
  readonly candidates: readonly Candidate[];
}

/** Trusted entries first, then by source, then the oldest object. */
function byStanding(a: Candidate, b: Candidate): number {
  const [one, other] = [a.held.item, b.held.item];
  return (
    Number(one.tenant !== undefined) - Number(other.tenant !== undefined) ||
    byPrecedence(a.identity, b.identity) ||
    compareTexts(one.created ?? "", other.created ?? "") ||
    compareTexts(one.location, other.location)
  );
}

/** The index at which an entry belongs among the ordered entries of its name. */
function placeOf(candidate: Candidate, others: readonly Candidate[]): number {
  let low = 0;
  let high = others.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (byStanding(others[middle]!, candidate) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The claim to its name of the entry in force in a namespace. */
function claimOf([winner]: readonly Candidate[]): NameClaim {
  const { identity, held } = winner!;
  const { entry, tenant, created, location } = held.item;
  return { identity, namespace: entry.namespace, trusted: tenant === undefined, created, location };
}

/** How models are built from entries. */
export type MergeOptions = AddressOptions & HolderRules;

/** The previous facts of changed InferenceServices, by cluster, namespace and name. */
export type FactsBefore = ReadonlyMap<string, InferenceServiceFacts | undefined>;

/** What updates of sources have touched. */
export interface Touched {
  /** The bare names whose models have to be rebuilt. */
  readonly names: ReadonlySet<string>;
  readonly factsBefore: FactsBefore;
}

/**
 * The entries of all sources, and the models built from them: one for each cluster, namespace and name. Of several
 * entries for one of these, a trusted one takes precedence over all others, then the source with the higher precedence,
 * then the oldest object. The others stay visible as shadowed.
 */
export class MergedSources {
  readonly #options: MergeOptions;
  /** In order of precedence. */
  #sources: VersionedSource[] = [];
  /** Every entry that can be served, by its bare name, in order of precedence. */
  readonly #candidates = new Map<string, readonly Candidate[]>();
  /** By the bare name, then by key. */
  readonly #built = new Map<string, ReadonlyMap<ModelKey, Built>>();
  /** The bare names of the models that may mean an InferenceService: by its cluster, namespace and name. */
  readonly #dependents = new Map<string, Set<string>>();
  /** The versions that models are linked to, by reference, each with the bare names of those models. */
  readonly #linked = new Map<string, { readonly ref: VersionRef; readonly names: Set<string> }>();
  readonly #findings = new Map<string, VersionFinding>();

  constructor(options: MergeOptions) {
    this.#options = options;
  }

  /** In order of precedence. */
  get sources(): readonly VersionedSource[] {
    return this.#sources;
  }

  /** The source of an identity, which is added if it is new. */
  sourceOf(identity: SourceIdentity): VersionedSource {
    const known = this.#sources.find((source) => source.identity.name === identity.name);
    if (known !== undefined) return known;
    const { kind, name, cluster } = identity;
    const held = new VersionedSource({ kind, name, cluster });
    this.#sources = [...this.#sources, held].sort((a, b) => byPrecedence(a.identity, b.identity));
    return held;
  }

  /** Applies updates of sources. The models of the names that they touch stay unchanged until `rebuild`. */
  take(updates: ReadonlyMap<VersionedSource, SourceUpdate>, now: Date): Touched {
    const names = new Set<string>();
    const factsBefore = new Map<string, InferenceServiceFacts | undefined>();
    for (const [source, update] of updates) {
      const { identity } = source;
      const { items, facts } = source.take(update, now);
      for (const { before, now: after } of items) {
        const [left, came] = [entryOf(before), entryOf(after)];
        if (left !== undefined) names.add(this.#removeCandidate(left));
        if (came !== undefined) names.add(this.#addCandidate({ identity, held: came }));
      }
      for (const { key, before } of facts) {
        const full = `${identity.cluster}/${key}`;
        factsBefore.set(full, before?.item);
        for (const name of this.#dependents.get(full) ?? []) names.add(name);
      }
    }
    return { names, factsBefore };
  }

  /** The versions that models are linked to, by reference. */
  get linkedVersions(): readonly VersionRef[] {
    return [...this.#linked.values()].map(({ ref }) => ref);
  }

  findingOf(ref: VersionRef): VersionFinding | undefined {
    return this.#findings.get(versionRefText(ref));
  }

  /** Applies findings about versions. The models that are linked to them stay unchanged until `rebuild`. */
  takeFindings(findings: ReadonlyMap<VersionRef, VersionFinding>): Touched {
    const names = new Set<string>();
    for (const [ref, finding] of findings) {
      const key = versionRefText(ref);
      if (isDeepStrictEqual(this.#findings.get(key), finding)) continue;
      this.#findings.set(key, finding);
      for (const name of this.#linked.get(key)?.names ?? []) names.add(name);
    }
    for (const key of this.#findings.keys()) if (!this.#linked.has(key)) this.#findings.delete(key);
    return { names, factsBefore: new Map() };
  }

  #addCandidate(candidate: Candidate): string {
    const { name } = candidate.held.item.entry;
    const others = this.#candidates.get(name) ?? [];
    // A name may have thousands of entries, which arrive one by one.
    this.#candidates.set(name, others.toSpliced(placeOf(candidate, others), 0, candidate));
    return name;
  }

  #removeCandidate(held: Versioned<LocatedEntry>): string {
    const { name } = held.item.entry;
    const others = this.#candidates.get(name)!.filter((candidate) => candidate.held !== held);
    if (others.length > 0) this.#candidates.set(name, others);
    else this.#candidates.delete(name);
    return name;
  }

  /** The models of a bare name, in every cluster and namespace that has it. */
  modelsOf(name: string): readonly RegisteredModel[] {
    return [...(this.#built.get(name)?.values() ?? [])].map(({ model }) => model);
  }

  /** Rebuilds the models of a bare name; those that come out equal stay the same objects. */
  rebuild(name: string): void {
    const before = this.#built.get(name) ?? new Map<ModelKey, Built>();
    for (const { model } of before.values()) this.#setDependent(model, name, false);
    const byCluster = Map.groupBy(this.#candidates.get(name) ?? [], ({ identity }) => identity.cluster);
    const clusters = [...byCluster.keys()];
    const built = new Map<ModelKey, Built>();
    for (const [cluster, ofCluster] of byCluster) {
      const registered = registeredName(name, cluster, clusters);
      const byNamespace = Map.groupBy(ofCluster, ({ held }) => held.item.entry.namespace);
      const holder = holderOf([...byNamespace.values()].map(claimOf), this.#options);
      for (const [namespace, candidates] of byNamespace) {
        const key = modelKey(registered, namespace);
        const model = this.#modelOf(candidates, registered, key, namespace === holder?.namespace);
        const known = before.get(key);
        built.set(
          key,
          known !== undefined && isSame(known, candidates, model) ? known : { model: Object.freeze(model), candidates },
        );
      }
    }
    for (const { model } of built.values()) this.#setDependent(model, name, true);
    if (built.size > 0) this.#built.set(name, built);
    else this.#built.delete(name);
  }

  #modelOf(
    [winner, ...losers]: readonly Candidate[],
    name: string,
    key: ModelKey,
    holdsName: boolean,
  ): RegisteredModel {
    const { entry } = winner!.held.item;
    const { cluster } = winner!.identity;
    const facts = this.factsOf({ ...entry, cluster });
    const link = this.#linkOf(claimOfVersion(winner!, facts), entry);
    return {
      ...entry,
      ...declarationsOf(entry, link),
      ...provenance(winner!),
      name,
      key,
      holdsName,
      address: addressOf(entry, facts, this.#options),
      protocol: entry.protocol ?? facts?.protocol ?? "v1",
      shadowed: losers.map(provenance),
      ...(link === undefined ? {} : { link }),
    };
  }

  #linkOf(claim: LinkClaim | undefined, entry: ModelEntry): VersionLink | undefined {
    return claim === undefined ? undefined : linkOf(claim, entry, this.findingOf(claim.ref));
  }

  /**
   * The facts that its cluster reports of a model's InferenceService: the present ones, or the previous ones for those
   * in `before`.
   */
  factsOf(
    model: Pick<RegisteredModel, "service" | "url" | "namespace" | "cluster">,
    before?: FactsBefore,
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
    if (model.link !== undefined) this.#setLinked(model.link.ref, bareName, dependent);
  }

  #setLinked(ref: VersionRef, bareName: string, linked: boolean): void {
    const key = versionRefText(ref);
    const { names } = this.#linked.get(key) ?? { names: new Set<string>() };
    if (linked) this.#linked.set(key, { ref, names: names.add(bareName) });
    else if (names.delete(bareName) && names.size === 0) this.#linked.delete(key);
  }

  /** Every entry that is not in force, by name. */
  get unserved(): readonly UnservedEntry[] {
    const built = [...this.#built.values()].flatMap((models) => [...models.values()]);
    const shadowed = built.flatMap(({ model, candidates }) =>
      candidates.slice(1).map((candidate): UnservedEntry => {
        const { source, location, cluster, tenant, updateTime } = provenance(candidate);
        const { entry } = candidate.held.item;
        const shadowed = { entry, updateTime, holdsName: model.holdsName };
        return { name: model.name, source, location, cluster, tenant, shadowed, problems: [] };
      }),
    );
    const refused = this.#sources.flatMap(({ refused, identity }) => refused.map((one) => refusal(one, identity)));
    return [...shadowed, ...refused].sort((a, b) => ((a.name ?? "") < (b.name ?? "") ? -1 : a.name === b.name ? 0 : 1));
  }

  /** The refused entries of a bare name in a cluster, and of a namespace where one is given. */
  refusedOf(cluster: string, name: string, namespace = ""): readonly UnservedEntry[] {
    return this.#sources
      .filter(({ identity }) => identity.cluster === cluster)
      .flatMap(({ refused, identity }) =>
        refused
          .filter((one) => one.name === name && (namespace === "" || (one.tenant ?? namespace) === namespace))
          .map((one) => refusal(one, identity)),
      );
  }
}

/** The entry takes precedence over the InferenceService. */
function claimOfVersion({ held }: Candidate, facts: InferenceServiceFacts | undefined): LinkClaim | undefined {
  const { entry, tenant } = held.item;
  if (entry.version === undefined) return facts?.link;
  return { ref: entry.version, ...(tenant === undefined ? {} : { tenant }) };
}

function provenance({ identity, held }: Candidate): Provenance {
  const { kind: source, cluster } = identity;
  const { location, tenant } = held.item;
  return { source, location, cluster, tenant, updateTime: held.since };
}

function refusal({ name, location, problems, tenant }: RefusedEntry, { kind, cluster }: SourceIdentity): UnservedEntry {
  return { name, source: kind, location, cluster, tenant, shadowed: undefined, problems };
}

function isSame(known: Built, candidates: readonly Candidate[], model: RegisteredModel): boolean {
  return (
    known.model.holdsName === model.holdsName &&
    known.model.cluster === model.cluster &&
    known.model.protocol === model.protocol &&
    known.model.address.url === model.address.url &&
    known.model.address.rule === model.address.rule &&
    known.candidates.length === candidates.length &&
    known.candidates.every(({ held }, i) => held === candidates[i]!.held) &&
    isDeepStrictEqual(known.model.link, model.link)
  );
}
