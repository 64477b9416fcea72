import { isDeepStrictEqual } from "node:util";

/** One item of a source, and since when it is as it is. A new object whenever the item differs. */
export interface Versioned<T> {
  readonly item: T;
  readonly since: Date;
}

/** What became of the item of a key. Undefined where there is none. */
export interface ItemChange<T> {
  readonly key: string;
  readonly before: Versioned<T> | undefined;
  readonly now: Versioned<T> | undefined;
}

/**
 * The items of one kind that a source has, by key. The one place that decides whether an item has changed: an equal one
 * that is handed over again has not, and costs a look by identity, else a comparison in depth.
 */
export class VersionedItems<T> {
  readonly #items = new Map<string, Versioned<T>>();

  get(key: string): Versioned<T> | undefined {
    return this.#items.get(key);
  }

  /**
   * Takes over what items are now; undefined where one is gone. Returns what is new, different or gone.
   *
   * @param whole whether keys that are not named are gone as well
   */
  take(given: ReadonlyMap<string, T | undefined>, whole: boolean, now: Date): ItemChange<T>[] {
    const changes: ItemChange<T>[] = [];
    const put = (key: string, item: T | undefined): void => {
      const before = this.#items.get(key);
      if (before?.item === item || (before !== undefined && isDeepStrictEqual(before.item, item))) return;
      const versioned = item === undefined ? undefined : { item, since: now };
      if (versioned === undefined) this.#items.delete(key);
      else this.#items.set(key, versioned);
      changes.push({ key, before, now: versioned });
    };
    if (whole) for (const key of [...this.#items.keys()]) if (!given.has(key)) put(key, undefined);
    for (const [key, item] of given) put(key, item);
    return changes;
  }
}
