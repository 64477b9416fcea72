/** So many parts that one of ten thousand items has about ten. */
const partCount = 1024;

/**
 * A map by name that is never changed: a changed one is made of it and shares all parts that are as they were. To copy
 * a map of ten thousand items for one change takes milliseconds, many times a second; to copy a part takes next to none.
 */
export class PersistentMap<T> {
  readonly #parts: readonly ReadonlyMap<string, T>[];

  constructor(parts: readonly ReadonlyMap<string, T>[] = Array(partCount).fill(new Map())) {
    this.#parts = parts;
  }

  get(name: string): T | undefined {
    return this.#parts[partOf(name)]!.get(name);
  }

  /** In no order. */
  *values(): Generator<T> {
    for (const part of this.#parts) yield* part.values();
  }

  /** The same with other items under some names; undefined takes one out. */
  with(changes: ReadonlyMap<string, T | undefined>): PersistentMap<T> {
    const parts = [...this.#parts];
    const fresh = new Map<number, Map<string, T>>();
    for (const [name, item] of changes) {
      const at = partOf(name);
      let part = fresh.get(at);
      if (part === undefined) {
        part = new Map(parts[at]);
        fresh.set(at, part);
        parts[at] = part;
      }
      if (item === undefined) part.delete(name);
      else part.set(name, item);
    }
    return new PersistentMap(parts);
  }
}

function partOf(name: string): number {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = (hash * 31 + name.charCodeAt(i)) | 0;
  return hash & (partCount - 1);
}
