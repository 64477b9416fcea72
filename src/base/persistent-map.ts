/** So many parts that each holds about ten of ten thousand items. */
const partCount = 1024;

/**
 * An immutable map by name: a changed map shares all unchanged parts with the one that it was made from. Copying a map
 * of ten thousand items for each change would take milliseconds, many times a second; copying one part takes next to
 * nothing.
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

  /** A map with some items replaced; undefined removes one. */
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
