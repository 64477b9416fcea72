/** Fewer bytes are not counted: every connection may buffer this many. */
export const freeBytes = 1024;

/** Somebody who holds unread bytes. */
export interface UnreadHolder {
  /** Drops them, and closes the connection. */
  shed(): void;
}

/**
 * Bounds the bytes that all connections together buffer before there is a call to count them for, or that the call does
 * not read: parts of heads, and pipelined requests. Beyond the limit, those that have held some for the longest lose
 * their connection: what honest clients send is soon read, and what is sent to fill the memory is not.
 */
export class UnreadBytes {
  readonly #limitBytes: number;
  /** The holders, in the order in which they began to hold some. */
  readonly #held = new Map<UnreadHolder, number>();
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Sets the number of bytes that somebody holds. */
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
