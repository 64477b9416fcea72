import { RegistryError } from "./registry-error.ts";

/** Holds counted bytes: one call, with its request and the answer of its model. */
export interface BytesHolder {
  /** How many bytes it holds; -1 once it is over. */
  heldBytes: number;
  /** How many bytes of its request have arrived. Default: 0. */
  receivedBytes?: number;
  /** How many of the bytes that it holds are yet to arrive. Default: 0. */
  reservedBytes?: number;
  /** Whether the caller has no credentials where others have. Default: false. */
  readonly isAnonymous?: boolean;
  /** Whether its request writes a record of the registry of versions. Default: false. */
  readonly writesRecord?: boolean;
}

/** When callers should try again: about the time that large bodies take to pass. */
const retryAfterMs = 1000;

/** Some calls share a part of the budget. */
interface Share {
  readonly includes: (holder: BytesHolder) => boolean;
  /** How many bytes they may hold together. */
  readonly limit: (limitBytes: number, maxRecordBytes: number) => number;
  /** This little is accepted from any of these calls. */
  readonly freeBytes: number;
  /** Which calls they are, after "all calls in flight". */
  readonly which: string;
  readonly hint: string;
}

/** How large a piece of a body is at most, as it is read from a connection. */
const pieceBytes = 64 * 1024;

/** The whole budget, which all calls share. */
const whole: Pick<Share, "which" | "hint"> = {
  which: "",
  hint: "Try again, or send fewer instances at a time.",
};

const shares: readonly Share[] = [
  {
    includes: ({ isAnonymous }) => isAnonymous === true,
    // They must not keep authenticated callers out.
    limit: (limitBytes) => Math.floor(limitBytes / 16),
    // What a probe sends.
    freeBytes: 256,
    which: " without credentials",
    hint: whole.hint,
  },
  {
    includes: ({ writesRecord }) => writesRecord === true,
    // A byte of a record takes many until it is written: in texts and objects, on the way to the database and in it, and in the
    // answer. Where the budget is small, the largest has to fit, and the piece that shows that a record is too large.
    limit: (limitBytes, maxRecordBytes) => Math.max(Math.floor(limitBytes / 16), maxRecordBytes + pieceBytes),
    // Nearly all records are smaller.
    freeBytes: 32 * 1024,
    which: " that write to the registry of versions",
    hint: "Try again, or write fewer large records at a time.",
  },
];

/**
 * Bounds the bytes of bodies that the process holds for all its calls together, so that too many large bodies at once
 * are refused with an error instead of ending the process. Counting costs one addition for each piece of a body.
 */
export class MemoryBudget {
  readonly limitBytes: number;
  #heldBytes = 0;
  readonly #shareLimits: readonly number[];
  /** What the calls of each share hold. */
  readonly #shareBytes = shares.map(() => 0);

  /** @param maxRecordBytes how large a request that writes a record may be */
  constructor(limitBytes: number, maxRecordBytes = 0) {
    this.limitBytes = limitBytes;
    this.#shareLimits = shares.map(({ limit }) => limit(limitBytes, maxRecordBytes));
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
    this.#assertRoom(holder, bytes);
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

  /** Refuses a call whose further bytes do not fit. It no longer holds any then. */
  #assertRoom(holder: BytesHolder, bytes: number): void {
    if (this.#heldBytes + bytes > this.limitBytes) this.#refuse(holder, this.limitBytes, whole);
    for (let i = 0; i < shares.length; i++) {
      const share = shares[i]!;
      if (!share.includes(holder) || holder.heldBytes + bytes <= share.freeBytes) continue;
      const limitBytes = this.#shareLimits[i]!;
      if (this.#shareBytes[i]! + bytes > limitBytes) this.#refuse(holder, limitBytes, share);
    }
  }

  #refuse(holder: BytesHolder, limitBytes: number, { which, hint }: Pick<Share, "which" | "hint">): never {
    this.release(holder);
    throw new RegistryError(
      "SERVER_OVERLOADED",
      `The bodies of all calls in flight${which} would take more than ${limitBytes} bytes (MAX_BYTES_IN_MEMORY)`,
      { retryAfterMs, failure: { stage: "admit", hint } },
    );
  }

  #count(holder: BytesHolder, bytes: number): void {
    this.#heldBytes += bytes;
    for (let i = 0; i < shares.length; i++) {
      if (shares[i]!.includes(holder)) this.#shareBytes[i]! += bytes;
    }
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
