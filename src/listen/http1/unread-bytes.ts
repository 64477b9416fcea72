/** Whoever holds bytes that have come and that nobody has taken yet. */
export interface UnreadHolder {
  /** Lets go of them, and of their connection. */
  shed(): void;
}

/**
 * Bounds what all connections together hold of requests before there is a call that it is counted for, or that its call does not
 * take: parts of heads, and what comes behind a call that is under way. Where it is too much, who has held some for the longest
 * loses its connection: what is sent in good order is taken soon, and what is sent to fill the memory is not.
 */
export class UnreadBytes {
  readonly #limitBytes: number;
  /** Those who hold some, the first of them first. */
  readonly #held = new Map<UnreadHolder, number>();
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Counts what is held now by somebody, whatever that was before. */
  count(holder: UnreadHolder, bytes: number): void {
    this.#bytes += bytes - (this.#held.get(holder) ?? 0);
    if (bytes === 0) this.#held.delete(holder);
    else this.#held.set(holder, bytes);
    if (this.#bytes > this.#limitBytes) this.#shed();
  }

  #shed(): void {
    for (const [holder, bytes] of this.#held) {
      this.#held.delete(holder);
      this.#bytes -= bytes;
      holder.shed();
      if (this.#bytes <= this.#limitBytes) return;
    }
  }
}
