import type { BytesHolder } from "./bytes-holder.ts";

/** What makes a share of the memory budget. */
export interface BudgetShareOptions {
  /** Whether a call has its bytes from this share. */
  readonly includes: (holder: BytesHolder) => boolean;
  readonly limitBytes: number;
  /** How many bytes the calls of one caller may hold, where it is known who calls. Default: as many as all. */
  readonly callerLimitBytes?: number;
  /** Whether answers need no room in the share. Default: no. */
  readonly exemptsAnswers?: boolean;
  /** This little is accepted from any of these calls. */
  readonly freeBytes: number;
  /** Which calls they are, after "all calls in flight". */
  readonly which: string;
  /** What the caller of one that does not fit is told to do. */
  readonly hint: string;
}

/** A part of the memory budget, which some calls share: the others have room whatever these do. */
export class BudgetShare {
  readonly which: string;
  readonly hint: string;
  readonly exemptsAnswers: boolean;
  readonly #options: BudgetShareOptions & { readonly callerLimitBytes: number };
  #heldBytes = 0;
  /** What the calls of each caller hold, where the share has a limit for one. */
  readonly #byCaller = new Map<string, number>();

  constructor(options: BudgetShareOptions) {
    this.which = options.which;
    this.hint = options.hint;
    this.exemptsAnswers = options.exemptsAnswers ?? false;
    this.#options = { callerLimitBytes: options.limitBytes, ...options };
  }

  /** The limit that further bytes of a call would exceed; undefined where there is room for them. */
  exceededBy(holder: BytesHolder, bytes: number): number | undefined {
    const { includes, limitBytes, callerLimitBytes, freeBytes } = this.#options;
    if (!includes(holder) || holder.heldBytes + bytes <= freeBytes) return undefined;
    if (this.#heldBytes + bytes > limitBytes) return limitBytes;
    const caller = this.#callerOf(holder);
    if (caller === undefined || (this.#byCaller.get(caller) ?? 0) + bytes <= callerLimitBytes) return undefined;
    return callerLimitBytes;
  }

  /** Counts bytes that a call holds from now on, or no longer where they are negative. */
  count(holder: BytesHolder, bytes: number): void {
    if (!this.#options.includes(holder)) return;
    this.#heldBytes += bytes;
    const caller = this.#callerOf(holder);
    if (caller === undefined) return;
    const held = (this.#byCaller.get(caller) ?? 0) + bytes;
    if (held === 0) this.#byCaller.delete(caller);
    else this.#byCaller.set(caller, held);
  }

  #callerOf({ access }: BytesHolder): string | undefined {
    const { limitBytes, callerLimitBytes } = this.#options;
    return callerLimitBytes < limitBytes ? access?.caller : undefined;
  }
}
