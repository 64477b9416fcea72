import { type SourceKind, sourceKinds } from "./model.ts";
import type { InferenceServiceFacts, LocatedEntry, RefusedEntry, Source, SourceItem } from "./ports.ts";
import { isLocated, type SourceUpdate } from "./source-update.ts";
import { type ItemChange, type Versioned, VersionedItems } from "./versioned-items.ts";

/** Which source something is of. */
export type SourceIdentity = Pick<Source, "kind" | "name" | "cluster">;

/** What is known about a source. */
export interface SourceStatus extends SourceIdentity {
  /** How many entries it holds that can be served, shadowed ones among them. */
  readonly count: number;
  readonly refused: readonly RefusedEntry[];
  /** Whether it has handed over a snapshot. */
  readonly loaded: boolean;
  /** When what it holds last changed; undefined before the first snapshot. */
  readonly changeTime: Date | undefined;
  /** What keeps it from being up to date, and since when; undefined while it is well. */
  readonly trouble: SourceTrouble | undefined;
}

/** What keeps a source from being up to date. */
export interface SourceTrouble {
  readonly problem: string;
  /** When it ceased to be well, whatever the problem was then. */
  readonly since: Date;
}

/** What an update of a source changed. */
export interface ChangedItems {
  readonly items: readonly ItemChange<SourceItem>[];
  readonly facts: readonly ItemChange<InferenceServiceFacts>[];
}

/** Everything that the registry knows of one source. */
export class VersionedSource {
  readonly identity: SourceIdentity;
  readonly facts = new VersionedItems<InferenceServiceFacts>();
  readonly #items = new VersionedItems<SourceItem>();
  readonly #refused = new Map<string, RefusedEntry>();
  #count = 0;
  #loaded = false;
  #changeTime: Date | undefined;
  #trouble: SourceTrouble | undefined;

  constructor(identity: SourceIdentity) {
    this.identity = identity;
  }

  take(update: SourceUpdate, now: Date): ChangedItems {
    const items = this.#items.take(update.items, update.whole, now);
    const facts = this.facts.take(update.inferenceServices, update.whole, now);
    if (!this.#loaded || items.length + facts.length > 0) this.#changeTime = now;
    this.#loaded = true;
    for (const { key, before, now: after } of items) {
      if (entryOf(before) !== undefined) this.#count--;
      if (entryOf(after) !== undefined) this.#count++;
      const refused = refusalOf(after);
      if (refused === undefined) this.#refused.delete(key);
      else this.#refused.set(key, refused);
    }
    return { items, facts };
  }

  setTrouble(problem: string | undefined, now: Date): void {
    this.#trouble = problem === undefined ? undefined : { problem, since: this.#trouble?.since ?? now };
  }

  /** Whether it has handed over a snapshot. */
  get loaded(): boolean {
    return this.#loaded;
  }

  itemAt(location: string): SourceItem | undefined {
    return this.#items.get(location)?.item;
  }

  get refused(): readonly RefusedEntry[] {
    return [...this.#refused.values()];
  }

  get status(): SourceStatus {
    const { kind, name, cluster } = this.identity;
    return {
      kind,
      name,
      cluster,
      count: this.#count,
      refused: this.refused,
      loaded: this.#loaded,
      changeTime: this.#changeTime,
      trouble: this.#trouble,
    };
  }
}

/** The item where it is an entry that can be served. */
export function entryOf(versioned: Versioned<SourceItem> | undefined): Versioned<LocatedEntry> | undefined {
  return versioned !== undefined && isLocated(versioned.item) ? (versioned as Versioned<LocatedEntry>) : undefined;
}

function refusalOf(versioned: Versioned<SourceItem> | undefined): RefusedEntry | undefined {
  return versioned === undefined || isLocated(versioned.item) ? undefined : versioned.item;
}

/** The order of precedence: by kind, and within a kind by name, so that it does not depend on who came first. */
export function byPrecedence(a: SourceIdentity, b: SourceIdentity): number {
  const rank = (kind: SourceKind): number => sourceKinds.indexOf(kind);
  return rank(a.kind) - rank(b.kind) || compareTexts(a.name, b.name);
}

/** Orders texts by their characters, for `sort`. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
