import { BudgetShare } from "./budget-share.ts";
import type { BytesHolder } from "./bytes-holder.ts";
import { RegistryError } from "./registry-error.ts";

const usualHint = "Try again, or send fewer instances at a time.";

/** When callers should try again: about the time that large bodies take to pass. */
const retryAfterMs = 1000;

/** How large a piece of a body is at most, as it is read from a connection. */
const pieceBytes = 64 * 1024;

/** What all callers without credentials share: they must not keep those out who have some. */
function anonymousShare(limitBytes: number): BudgetShare {
  return new BudgetShare({
    includes: ({ isAnonymous }) => isAnonymous === true,
    limitBytes: Math.floor(limitBytes / 16),
    // What a probe sends.
    freeBytes: 256,
    which: " without credentials",
    hint: usualHint,
  });
}

/**
 * What all calls share that write records. A byte of a record takes many until it is written: in texts and objects, on the way to
 * the database and in it, and in the answer.
 */
function recordShare(limitBytes: number, maxRecordBytes: number): BudgetShare {
  // Where the budget is small, the largest record has to fit, and the piece that shows that one is too large.
  const one = maxRecordBytes + pieceBytes;
  const share = Math.max(Math.floor(limitBytes / 16), one);
  return new BudgetShare({
    includes: ({ writesRecord }) => writesRecord === true,
    limitBytes: share,
    // Whoever sends large records slowly keeps nobody else from writing.
    callerLimitBytes: Math.max(Math.floor(share / 2), one),
    // What was written is written: the answer must not say otherwise.
    exemptsAnswers: true,
    // Nearly all records are smaller.
    freeBytes: 32 * 1024,
    which: " that write to the registry of versions",
    hint: "Try again, or write fewer large records at a time.",
  });
}

/**
 * Bounds the bytes of bodies that the process holds for all its calls together, so that too many large bodies at once
 * are refused with an error instead of ending the process. Counting costs one addition for each piece of a body.
 */
export class MemoryBudget {
  readonly limitBytes: number;
  #heldBytes = 0;
  readonly #shares: readonly BudgetShare[];
  readonly #sharesOfAnswers: readonly BudgetShare[];

  /** @param maxRecordBytes how large a request that writes a record may be */
  constructor(limitBytes: number, maxRecordBytes = 0) {
    this.limitBytes = limitBytes;
    this.#shares = [anonymousShare(limitBytes), recordShare(limitBytes, maxRecordBytes)];
    this.#sharesOfAnswers = this.#shares.filter(({ exemptsAnswers }) => !exemptsAnswers);
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
    this.#take(holder, bytes, this.#shares);
  }

  /**
   * Counts bytes of a request that have arrived.
   *
   * @throws RegistryError SERVER_OVERLOADED
   */
  receive(holder: BytesHolder, bytes: number): void {
    holder.receivedBytes = (holder.receivedBytes ?? 0) + bytes;
    const { reservedBytes = 0 } = holder;
    if (reservedBytes > 0) holder.reservedBytes = Math.max(0, reservedBytes - bytes);
    if (bytes > reservedBytes) this.take(holder, bytes - reservedBytes);
  }

  /**
   * Counts bytes of a request that are yet to arrive, so that a request whose end would not fit is refused at its beginning, and
   * one that has begun is not refused for those that begin after it.
   *
   * @throws RegistryError SERVER_OVERLOADED
   */
  reserve(holder: BytesHolder, bytes: number): void {
    this.take(holder, bytes);
    holder.reservedBytes = bytes;
  }

  /** Where they do not fit into the whole budget or one of these shares, the call is refused, and no longer holds any. */
  #take(holder: BytesHolder, bytes: number, shares: readonly BudgetShare[]): void {
    // Bytes that arrive after its end are dropped by the reader.
    if (holder.heldBytes < 0) return;
    if (this.#heldBytes + bytes > this.limitBytes) this.#refuse(holder, this.limitBytes, "", usualHint);
    for (const share of shares) {
      const limitBytes = share.exceededBy(holder, bytes);
      if (limitBytes !== undefined) this.#refuse(holder, limitBytes, share.which, share.hint);
    }
    this.#count(holder, bytes);
    holder.heldBytes += bytes;
  }

  #refuse(holder: BytesHolder, limitBytes: number, which: string, hint: string): never {
    this.release(holder);
    throw new RegistryError(
      "SERVER_OVERLOADED",
      `The bodies of all calls in flight${which} would take more than ${limitBytes} bytes (MAX_BYTES_IN_MEMORY)`,
      { retryAfterMs, failure: { stage: "admit", hint } },
    );
  }

  #count(holder: BytesHolder, bytes: number): void {
    this.#heldBytes += bytes;
    for (const share of this.#shares) share.count(holder, bytes);
  }

  /**
   * Counts another form of the body that replaces what was read, or the answer: only what exceeds that is counted.
   *
   * @throws RegistryError SERVER_OVERLOADED
   */
  takeAtLeast(holder: BytesHolder, bytes: number): void {
    if (bytes > holder.heldBytes) this.#take(holder, bytes - holder.heldBytes, this.#sharesOfAnswers);
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
