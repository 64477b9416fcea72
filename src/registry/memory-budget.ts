import { RegistryError } from "./registry-error.ts";

/** What bytes are counted for: one call, with its request and the answer of its model. */
export interface BytesHolder {
  /** How many bytes are counted for it; -1 once it is over. */
  heldBytes: number;
  /** How many bytes of its request have arrived. Default: 0. */
  receivedBytes?: number;
  /** Whether the caller is not known, though others are. Default: false. */
  readonly isAnonymous?: boolean;
}

/** When to try again: about the time that large bodies take to be on their way. */
const retryAfterMs = 1000;

/** Anonymous callers together have this part of the budget: who is known must not be kept out by who is not. */
const anonymousPart = 1 / 16;
/** So little is taken of each of them in any case: what a probe sends. */
const anonymousFreeBytes = 256;

/**
 * Bounds the bytes of bodies that the process holds for all its calls together, so that many large bodies at once are
 * refused in words instead of ending the process. Counting costs an addition per piece of a body.
 */
export class MemoryBudget {
  readonly limitBytes: number;
  #heldBytes = 0;
  #anonymousBytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  /** How many bytes are held by now. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * Counts further bytes of a call. Where they do not fit, the call is refused and counts for nothing any more.
   *
   * @throws RegistryError SERVER_OVERLOADED
   */
  take(holder: BytesHolder, bytes: number): void {
    // What comes in after the end is dropped by its reader.
    if (holder.heldBytes < 0) return;
    const limitBytes = this.#limitFor(holder, bytes);
    if (limitBytes !== undefined) {
      this.release(holder);
      throw new RegistryError(
        "SERVER_OVERLOADED",
        `The bodies of all calls under way${holder.isAnonymous === true ? " without credentials" : ""} would take more than ${limitBytes} bytes (MAX_BYTES_IN_MEMORY)`,
        { retryAfterMs, failure: { stage: "admit", hint: "Try again, or send fewer instances at a time." } },
      );
    }
    this.#count(holder, bytes);
    holder.heldBytes += bytes;
  }

  /**
   * Counts bytes of a request that have arrived.
   *
   * @throws RegistryError SERVER_OVERLOADED
   */
  receive(holder: BytesHolder, bytes: number): void {
    holder.receivedBytes = (holder.receivedBytes ?? 0) + bytes;
    this.take(holder, bytes);
  }

  /** The limit that further bytes would break; undefined where there is room for them. */
  #limitFor(holder: BytesHolder, bytes: number): number | undefined {
    if (this.#heldBytes + bytes > this.limitBytes) return this.limitBytes;
    if (holder.isAnonymous !== true || holder.heldBytes + bytes <= anonymousFreeBytes) return undefined;
    const limitBytes = Math.floor(this.limitBytes * anonymousPart);
    return this.#anonymousBytes + bytes > limitBytes ? limitBytes : undefined;
  }

  #count(holder: BytesHolder, bytes: number): void {
    this.#heldBytes += bytes;
    if (holder.isAnonymous === true) this.#anonymousBytes += bytes;
  }

  /** Counts a form of the body that takes the place of what was read: only what is more than that counts. */
  takeAtLeast(holder: BytesHolder, bytes: number): void {
    if (bytes > holder.heldBytes) this.take(holder, bytes - holder.heldBytes);
  }

  /** Gives back what a call holds, which goes on. */
  giveBack(holder: BytesHolder): void {
    if (holder.heldBytes < 0) return;
    this.#count(holder, -holder.heldBytes);
    holder.heldBytes = 0;
  }

  /** Gives back all that a call holds. Later pieces of it count for nothing. */
  release(holder: BytesHolder): void {
    if (holder.heldBytes > 0) this.#count(holder, -holder.heldBytes);
    holder.heldBytes = -1;
  }
}
