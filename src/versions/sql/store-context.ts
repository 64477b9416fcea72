import type { Dialect } from "./dialect.ts";
import type { Executor, RowPage, Session } from "./executor.ts";
import { readFaults, type TransactionOptions, withRetries } from "./faults.ts";
import type { Query, Statements } from "./statement.ts";

/** What a read of one statement works with. */
export interface ReadContext {
  readonly dialect: Dialect;
  readonly executor: Pick<Executor, "all" | "page">;
  readonly statements: Statements;
}

/** What every part of the store works with. */
export interface StoreContext extends ReadContext {
  readonly executor: Executor;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Reads of one statement, outside of a transaction, with the faults of the database in the terms of the store. */
export function reader({ executor, dialect }: ReadContext, signal: AbortSignal | undefined): Pick<Session, "all"> {
  return { all: (query: Query) => readFaults(dialect, signal, () => executor.all(query, signal)) };
}

/**
 * The first rows of one statement, outside of a transaction.
 *
 * @param maxChars as `Executor.page` has it
 */
export function readPage(
  { executor, dialect }: ReadContext,
  query: Query,
  maxChars: number,
  signal: AbortSignal | undefined,
): Promise<RowPage> {
  return readFaults(dialect, signal, () => executor.page(query, maxChars, signal));
}

/** A transaction that is tried again where another one was in its way. */
export function transaction<T>(
  { executor, dialect }: StoreContext,
  options: TransactionOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return withRetries(dialect, options, () => executor.transaction(work, options.signal));
}
