/** Among so few a search costs less than a set of them, and most objects have no more. */
const maxFew = 8;

/** The names of the members that an object has had so far. */
export class MemberNames {
  readonly #few: string[] = [];
  #many: Set<string> | undefined;

  /** Adds a name. False where it has come before. */
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
