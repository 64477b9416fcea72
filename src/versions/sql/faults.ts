import { setTimeout as sleep } from "node:timers/promises";
import { VersionsError } from "../versions-error.ts";
import type { Dialect } from "./dialect.ts";
import type { DatabaseFault } from "./executor.ts";

export interface TransactionOptions {
  readonly signal: AbortSignal | undefined;
  /**
   * Also retries when a unique value was taken, or a referenced record deleted, since the work looked: the next try
   * finds the present state.
   */
  readonly retryRaces?: boolean;
}

const tries = 8;
/** The next try finds the present state; one more, in case it has changed again. */
const raceTries = 3;
const retryAfterMs = 1000;

/** Runs `work`, and again where another transaction was in its way, within the time of the call. */
export async function withRetries<T>(
  dialect: Dialect,
  { signal, retryRaces = false }: TransactionOptions,
  work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      signal?.throwIfAborted();
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      const fault = dialect.faultOf(error);
      const isRace = retryRaces && (fault === "unique" || fault === "foreign-key");
      const again = fault === "conflict" ? tries : isRace ? raceTries : 1;
      if (attempt >= again) throw storeError(error, fault);
    }
    // With jitter: transactions that conflicted would otherwise conflict again.
    await sleep(Math.random() * 5 * 2 ** attempt, undefined, signal === undefined ? {} : { signal }).catch(() => {});
  }
}

/** Runs `work` once, with the faults of the database in the terms of the store. */
export async function readFaults<T>(
  dialect: Dialect,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    signal?.throwIfAborted();
    return await work();
  } catch (error) {
    signal?.throwIfAborted();
    throw storeError(error, dialect.faultOf(error));
  }
}

const unavailable = {
  unavailable: ["away", "the database cannot be reached"],
  busy: ["busy", "all connections to the database are in use"],
  conflict: ["conflict", "other writes were in the way each time"],
  "read-only": ["read-only", "the database takes no writes: it is read-only"],
} as const;

/** The error of the store for a fault; what a caller has to make sense of by the record at hand stays as it is. */
function storeError(error: unknown, fault: DatabaseFault | undefined): unknown {
  const cause = { cause: error };
  switch (fault) {
    case "unavailable":
    case "busy":
    case "conflict":
    case "read-only": {
      const [why, message] = unavailable[fault];
      return new VersionsError("DATABASE_UNAVAILABLE", message, { why, retryAfterMs }, cause);
    }
    case "timeout":
      return new VersionsError("DATABASE_TIMEOUT", "the database took longer than a statement may", {}, cause);
    case "full":
      return new VersionsError("DATABASE_FULL", "the database has no room left", {}, cause);
    default:
      return error;
  }
}
