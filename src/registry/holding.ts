import { isDeepStrictEqual } from "node:util";

/** One item of a source, and since when it is as it is. A new object whenever the item differs. */
export interface Held<T> {
  readonly item: T;
  readonly since: Date;
}

/** What became of the item of a key. */
export interface HoldingChange<T> {
  readonly key: string;
  readonly before: Held<T> | undefined;
}

interface Slot<T> {
  /** The item as it was handed over last; equal to that of `held`. */
  given: T;
  held: Held<T>;
  /** The round in which it was last handed over. */
  round: number;
}

/**
 * The items of one kind that a source holds, from one snapshot to the next. An item that is handed over again as the
 * same object costs one lookup; only others are compared in depth. So a source that reuses its objects may hold many.
 */
export class Holding<T> {
  readonly #keyOf: (item: T) => string;
  readonly #slots = new Map<string, Slot<T>>();
  #round = 0;

  constructor(keyOf: (item: T) => string) {
    this.#keyOf = keyOf;
  }

  get size(): number {
    return this.#slots.size;
  }

  get(key: string): Held<T> | undefined {
    return this.#slots.get(key)?.held;
  }

  *values(): IterableIterator<Held<T>> {
    for (const { held } of this.#slots.values()) yield held;
  }

  /** Replaces everything, and returns what is new, different or gone. Of items with the same key the last counts. */
  replace(items: readonly T[], now: Date): HoldingChange<T>[] {
    const changes: HoldingChange<T>[] = [];
    const round = ++this.#round;
    let seen = 0;
    for (const item of items) {
      const key = this.#keyOf(item);
      const slot = this.#slots.get(key);
      if (slot === undefined) {
        this.#slots.set(key, { given: item, held: { item, since: now }, round });
        changes.push({ key, before: undefined });
        seen++;
        continue;
      }
      if (slot.round !== round) seen++;
      slot.round = round;
      if (slot.given === item) continue;
      slot.given = item;
      if (isDeepStrictEqual(slot.held.item, item)) continue;
      changes.push({ key, before: slot.held });
      slot.held = { item, since: now };
    }
    if (seen < this.#slots.size) {
      for (const [key, slot] of this.#slots) {
        if (slot.round === round) continue;
        this.#slots.delete(key);
        changes.push({ key, before: slot.held });
      }
    }
    return changes;
  }
}
