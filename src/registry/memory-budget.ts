import { RegistryError } from "./registry-error.ts";

/** Holds counted bytes: one call, with its request and the answer of its model. */
export interface BytesHolder {
  /** How many bytes it holds; -1 once it is over. */
  heldBytes: number;
  /** How many bytes of its request have arrived. Default: 0. */
  receivedBytes?: number;
  /** Whether the caller has no credentials where others have. Default: false. */
  readonly isAnonymous?: boolean;
}

/** When callers should try again: about the time that large bodies take to pass. */
const retryAfterMs = 1000;

/** The part of the budget that all anonymous callers share: they must not keep authenticated callers out. */
const anonymousPart = 1 / 16;
/** This little is accepted from any anonymous call: what a probe sends. */
const anonymousFreeBytes = 256;

/**
 * Bounds the bytes of bodies that the process holds for all its calls together, so that too many large bodies at once
 * are refused with an error instead of ending the process. Counting costs one addition for each piece of a body.
 */
export class MemoryBudget {
  readonly limitBytes: number;
  #heldBytes = 0;
  #anonymousBytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  /** How many bytes are held at present. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * Counts further bytes of a call. Where they do not fit, the call is refused and no longer holds any.
   *
   * @throws RegistryError SERVER_OVERLOADED
   */
  take(holder: BytesHolder, bytes: number): void {
    // Bytes that arrive after its end are dropped by the reader.
    if (holder.heldBytes < 0) return;
    const limitBytes = this.#limitFor(holder, bytes);
    if (limitBytes !== undefined) {
      this.release(holder);
      throw new RegistryError(
        "SERVER_OVERLOADED",
        `The bodies of all calls in flight${holder.isAnonymous === true ? " without credentials" : ""} would take more than ${limitBytes} bytes (MAX_BYTES_IN_MEMORY)`,
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

  /** The limit that further bytes would exceed; undefined where there is room for them. */
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

  /** Counts another form of the body that replaces what was read: only what exceeds that is counted. */
  takeAtLeast(holder: BytesHolder, bytes: number): void {
    if (bytes > holder.heldBytes) this.take(holder, bytes - holder.heldBytes);
  }

  /** Releases the bytes of a call that continues. */
  giveBack(holder: BytesHolder): void {
    if (holder.heldBytes < 0) return;
    this.#count(holder, -holder.heldBytes);
    holder.heldBytes = 0;
  }

  /** Releases the bytes of a call that is over. Later pieces of it are not counted. */
  release(holder: BytesHolder): void {
    if (holder.heldBytes > 0) this.#count(holder, -holder.heldBytes);
    holder.heldBytes = -1;
  }
}
