/** Up to this many, a linear search costs less than a set, and most objects have no more. */
const maxFew = 8;

/** The names of an object's members so far. */
export class MemberNames {
  readonly #few: string[] = [];
  #many: Set<string> | undefined;

  /** Adds a name. False for a repeated one. */
  add(name: string): boolean {
    if (this.#many !== undefined) {
      if (this.#many.has(name)) return false;
      this.#many.add(name);
      return true;
    }
    const few = this.#few;
    for (let i = 0; i < few.length; i++) if (few[i] === name) return false;
    few.push(name);
    if (few.length === maxFew) this.#many = new Set(few);
    return true;
  }
}
