import { isDeepStrictEqual } from "node:util";

/** One item of a source, and since when it is as it is. A new object whenever the item differs. */
export interface Versioned<T> {
  readonly item: T;
  readonly since: Date;
}

/** What became of the item of a key. */
export interface ItemChange<T> {
  readonly key: string;
  readonly before: Versioned<T> | undefined;
}

interface Slot<T> {
  /** The item as it was handed over last; equal to that of `held`. */
  given: T;
  held: Versioned<T>;
}

/**
 * The items of one kind that a source holds, from one snapshot to the next. An item that is handed over again as the
 * same object, at the same place, costs next to nothing; only others are looked up and compared in depth. So a source
 * that reuses its objects may hold many.
 */
export class SnapshotDiff<T> {
  readonly #keyOf: (item: T) => string;
  readonly #slots = new Map<string, Slot<T>>();
  /** What was handed over last. */
  #items: readonly T[] = [];

  constructor(keyOf: (item: T) => string) {
    this.#keyOf = keyOf;
  }

  get size(): number {
    return this.#slots.size;
  }

  get(key: string): Versioned<T> | undefined {
    return this.#slots.get(key)?.held;
  }

  *values(): IterableIterator<Versioned<T>> {
    for (const { held } of this.#slots.values()) yield held;
  }

  /** Replaces everything, and returns what is new, different or gone. Of items with the same key the last counts. */
  replace(items: readonly T[], now: Date): ItemChange<T>[] {
    const before = this.#items;
    this.#items = items;
    const gone = new Set<string>();
    const given = new Map<string, T>();
    // Two items with one key: which of them counts hangs on all of them.
    const isUnique = this.#slots.size === before.length;
    for (let i = 0; i < Math.max(before.length, items.length); i++) {
      const [old, item] = [before[i], items[i]];
      if (isUnique && old === item) continue;
      if (old !== undefined) gone.add(this.#keyOf(old));
      if (item !== undefined) given.set(this.#keyOf(item), item);
    }
    for (const key of given.keys()) gone.delete(key);
    const changes = this.#take(given, gone, now);
    if (this.#slots.size === items.length) return changes;
    return [...changes, ...this.#take(new Map(items.map((item) => [this.#keyOf(item), item])), new Set(), now)];
  }

  #take(given: ReadonlyMap<string, T>, gone: ReadonlySet<string>, now: Date): ItemChange<T>[] {
    const changes: ItemChange<T>[] = [];
    for (const [key, item] of given) {
      const slot = this.#slots.get(key);
      if (slot === undefined) {
        this.#slots.set(key, { given: item, held: { item, since: now } });
        changes.push({ key, before: undefined });
        continue;
      }
      if (slot.given === item) continue;
      slot.given = item;
      if (isDeepStrictEqual(slot.held.item, item)) continue;
      changes.push({ key, before: slot.held });
      slot.held = { item, since: now };
    }
    for (const key of gone) {
      changes.push({ key, before: this.#slots.get(key)!.held });
      this.#slots.delete(key);
    }
    return changes;
  }
}
