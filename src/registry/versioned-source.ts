import { type SourceKind, sourceKinds } from "./model.ts";
import type { InferenceServiceFacts, LocatedEntry, RefusedEntry, Source, SourceSnapshot } from "./ports.ts";
import { type ItemChange, SnapshotDiff } from "./snapshot-diff.ts";

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

/** What a snapshot of a source changed. */
export interface SourceChanges {
  readonly entries: readonly ItemChange<LocatedEntry>[];
  readonly facts: readonly ItemChange<InferenceServiceFacts>[];
}

/** Everything that the registry holds of one source. */
export class VersionedSource {
  readonly identity: SourceIdentity;
  readonly entries = new SnapshotDiff<LocatedEntry>(({ entry }) => entry.name);
  readonly facts = new SnapshotDiff<InferenceServiceFacts>(({ namespace, name }) => factsKey(namespace, name));
  #refused: readonly RefusedEntry[] = [];
  #loaded = false;
  #changeTime: Date | undefined;
  #trouble: SourceTrouble | undefined;

  constructor(identity: SourceIdentity) {
    this.identity = identity;
  }

  replace(snapshot: SourceSnapshot, now: Date): SourceChanges {
    const entries = this.entries.replace(snapshot.entries, now);
    const facts = this.facts.replace(snapshot.inferenceServices ?? [], now);
    if (!this.#loaded || entries.length + facts.length > 0 || !sameRefusals(this.#refused, snapshot.refused)) {
      this.#changeTime = now;
    }
    this.#loaded = true;
    this.#refused = snapshot.refused;
    return { entries, facts };
  }

  setTrouble(problem: string | undefined, now: Date): void {
    this.#trouble = problem === undefined ? undefined : { problem, since: this.#trouble?.since ?? now };
  }

  /** Whether it has handed over a snapshot. */
  get loaded(): boolean {
    return this.#loaded;
  }

  get refused(): readonly RefusedEntry[] {
    return this.#refused;
  }

  get status(): SourceStatus {
    const { kind, name, cluster } = this.identity;
    return {
      kind,
      name,
      cluster,
      count: this.entries.size,
      refused: this.#refused,
      loaded: this.#loaded,
      changeTime: this.#changeTime,
      trouble: this.#trouble,
    };
  }
}

/** The key of an InferenceService within its cluster. Neither part can hold a slash. */
export function factsKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

/** The order of precedence: by kind, and within a kind by name, so that it does not hang on who came first. */
export function byPrecedence(a: SourceIdentity, b: SourceIdentity): number {
  const rank = (kind: SourceKind): number => sourceKinds.indexOf(kind);
  return rank(a.kind) - rank(b.kind) || (a.name < b.name ? -1 : 1);
}

function sameRefusals(a: readonly RefusedEntry[], b: readonly RefusedEntry[]): boolean {
  return a.length === b.length && a.every((refused, i) => sameRefusal(refused, b[i]!));
}

function sameRefusal(a: RefusedEntry, b: RefusedEntry): boolean {
  return a === b || (a.location === b.location && JSON.stringify(a.problems) === JSON.stringify(b.problems));
}
