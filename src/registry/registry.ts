import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { type AddressOptions, addressOf } from "./address.ts";
import {
  hasTrigger,
  type ModelType,
  type Provenance,
  type RegisteredModel,
  type SourceKind,
  sourceKinds,
} from "./model.ts";
import type { LocatedEntry } from "./ports.ts";
import { notChecked, type Readiness } from "./readiness.ts";

/** Everything that is registered at one moment. Never changed once made; readers keep it as long as they like. */
export interface Snapshot {
  /** Grows with every change. */
  readonly version: number;
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
  | { readonly kind: "changed"; readonly previous: RegisteredModel }
  | { readonly kind: "readiness"; readonly previous: Readiness }
);

type Listener = (changes: readonly Change[]) => void;

/** One entry of a source, since when it is as it is. */
interface HeldEntry extends LocatedEntry {
  readonly updateTime: Date;
}

/**
 * Merges the snapshots of all sources into one and swaps it whole, so that readers never wait and never see half of a
 * change. On the same name the source with the higher precedence wins; the others stay visible as shadowed.
 */
export class Registry {
  /** Tells the versions of this registry from those of another one, such as that of the process before. */
  readonly epoch = randomUUID().slice(0, 8);
  readonly #addressOptions: AddressOptions;
  readonly #now: () => Date;
  readonly #bySource = new Map<SourceKind, ReadonlyMap<string, HeldEntry>>();
  readonly #readiness = new Map<string, Readiness>();
  readonly #listeners = new Set<Listener>();
  #snapshot: Snapshot = { version: 0, models: new Map(), names: [] };

  constructor(addressOptions: AddressOptions, now: () => Date = () => new Date()) {
    this.#addressOptions = addressOptions;
    this.#now = now;
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  get(name: string): RegisteredModel | undefined {
    return this.#snapshot.models.get(name);
  }

  /** Replaces all that one source holds. Names are unique within a source; its reader has seen to that. */
  apply(source: SourceKind, entries: readonly LocatedEntry[]): void {
    const before = this.#bySource.get(source);
    const now = this.#now();
    const held = new Map<string, HeldEntry>();
    for (const located of entries) {
      const known = before?.get(located.entry.name);
      const same = known?.location === located.location && isDeepStrictEqual(known.entry, located.entry);
      held.set(located.entry.name, same ? known : { ...located, updateTime: now });
    }
    this.#bySource.set(source, held);
    this.#swap();
  }

  /** The readiness of a model as of its last check. */
  readiness(name: string): Readiness {
    return this.#readiness.get(name) ?? notChecked;
  }

  /** Notes the result of a readiness check, unless the model is gone or goes to another address by now. */
  setReadiness(model: RegisteredModel, readiness: Readiness): void {
    const current = this.get(model.name);
    if (current === undefined || current.address.url !== model.address.url) return;
    const previous = this.readiness(model.name);
    this.#readiness.set(model.name, readiness);
    if (previous.state !== readiness.state || previous.reason !== readiness.reason) {
      this.#snapshot = { ...this.#snapshot, version: this.#snapshot.version + 1 };
      this.#notify([{ kind: "readiness", model: current, readiness, previous }]);
    }
  }

  /** Calls back after every change, with all that changed at once. Returns a function that ends it. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #swap(): void {
    const previous = this.#snapshot;
    const candidates = new Map<string, [SourceKind, HeldEntry][]>();
    for (const kind of sourceKinds) {
      for (const [name, held] of this.#bySource.get(kind) ?? []) {
        const list = candidates.get(name);
        if (list === undefined) candidates.set(name, [[kind, held]]);
        else list.push([kind, held]);
      }
    }
    const models = new Map<string, RegisteredModel>();
    for (const [name, [winner, ...losers]] of candidates) {
      const [source, { entry, location, updateTime }] = winner!;
      const model: RegisteredModel = {
        ...entry,
        source,
        location,
        updateTime,
        address: addressOf(entry, this.#addressOptions),
        shadowed: losers.map(([kind, held]) => provenance(kind, held)),
      };
      const known = previous.models.get(name);
      models.set(name, known !== undefined && isDeepStrictEqual(known, model) ? known : Object.freeze(model));
    }
    const differing = differences(previous.models, models);
    if (differing.length === 0) return;
    const changes = differing.map((difference): Change => {
      const { name } = difference.model;
      // A check of another address says nothing about this one.
      const moved = difference.kind === "changed" && movedAway(difference.previous, difference.model);
      const readiness = moved ? notChecked : this.readiness(name);
      if (moved || difference.kind === "removed") this.#readiness.delete(name);
      return { ...difference, readiness };
    });
    this.#snapshot = { version: previous.version + 1, models, names: [...models.keys()].sort() };
    this.#notify(changes);
  }

  #notify(changes: readonly Change[]): void {
    for (const listener of [...this.#listeners]) listener(changes);
  }
}

/** Whether a model is one of those that a filter asks for. */
export function matches(model: RegisteredModel, filter: ModelFilter): boolean {
  return (
    (filter.type === undefined || model.type === filter.type) &&
    (filter.namespace === undefined || model.namespace === filter.namespace) &&
    (filter.trigger === undefined || hasTrigger(model, filter.trigger))
  );
}

function provenance(source: SourceKind, held: HeldEntry): Provenance {
  return { source, location: held.location, updateTime: held.updateTime };
}

function movedAway(before: RegisteredModel, after: RegisteredModel): boolean {
  return before.address.url !== after.address.url || before.model !== after.model;
}

type Difference =
  | { readonly kind: "added" | "removed"; readonly model: RegisteredModel }
  | { readonly kind: "changed"; readonly model: RegisteredModel; readonly previous: RegisteredModel };

function differences(
  before: ReadonlyMap<string, RegisteredModel>,
  after: ReadonlyMap<string, RegisteredModel>,
): Difference[] {
  const found: Difference[] = [];
  for (const [name, model] of after) {
    const previous = before.get(name);
    if (previous === undefined) found.push({ kind: "added", model });
    else if (previous !== model) found.push({ kind: "changed", model, previous });
  }
  for (const [name, model] of before) {
    if (!after.has(name)) found.push({ kind: "removed", model });
  }
  return found;
}
