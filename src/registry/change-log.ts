/** Keeps the last changes, so that a reader that reconnects gets only what it missed. */
export class ChangeLog<T> {
  readonly #maxChanges: number;
  #steps: { readonly version: number; readonly changes: readonly T[] }[] = [];
  #changes = 0;
  /** The version since which all changes are kept. */
  #from: number;

  /** @param maxChanges how many changes are kept at most */
  constructor(maxChanges: number, version: number) {
    this.#maxChanges = maxChanges;
    this.#from = version;
  }

  /** Notes the changes that led to a version. */
  add(version: number, changes: readonly T[]): void {
    this.#steps.push({ version, changes });
    this.#changes += changes.length;
    let dropped = 0;
    while (this.#changes > this.#maxChanges) {
      const step = this.#steps[dropped++]!;
      this.#changes -= step.changes.length;
      this.#from = step.version;
    }
    if (dropped > 0) this.#steps = this.#steps.slice(dropped);
  }

  /**
   * The changes after a version, in order; undefined when some of them are no longer kept, or the version is not in the
   * past.
   */
  since(version: number): readonly { readonly version: number; readonly changes: readonly T[] }[] | undefined {
    const latest = this.#steps.at(-1)?.version ?? this.#from;
    if (version < this.#from || version > latest) return undefined;
    return this.#steps.filter((step) => step.version > version);
  }
}
