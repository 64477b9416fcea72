import type { Query, SqlValue } from "./statement.ts";

/** The columns of a row, in the order of the statement. */
export type Row = readonly SqlValue[];

/** Rows of a statement, as far as they were read. */
export interface RowPage {
  readonly rows: readonly Row[];
  /** Whether there are no more. */
  readonly isWhole: boolean;
}

/** Runs statements, one after the other. */
export interface Session {
  /** The rows of a statement. */
  all(query: Query): Promise<readonly Row[]>;
  /** The id that a statement has created, where the database reports it; `0` where it created none. */
  run(query: Query): Promise<string>;
}

/**
 * A database, with its own connections. An aborted signal cancels the running statement, where the database supports
 * it.
 */
export interface Executor {
  all(query: Query, signal: AbortSignal | undefined): Promise<readonly Row[]>;
  /**
   * The first rows of a statement: the first one, and further ones while the texts of all have at most `maxChars`
   * characters together.
   */
  page(query: Query, maxChars: number, signal: AbortSignal | undefined): Promise<RowPage>;
  /** Runs `work` in a transaction of its own, and rolls back if it rejects. */
  transaction<T>(work: (session: Session) => Promise<T>, signal: AbortSignal | undefined): Promise<T>;
  /** Runs `work` on a connection of its own, outside of any transaction. */
  connection<T>(work: (session: Session) => Promise<T>, signal: AbortSignal | undefined): Promise<T>;
  close(): Promise<void>;
}

/** A database error, in terms that all databases share. */
export type DatabaseFault =
  | "unique"
  | "foreign-key"
  /** Another transaction was in the way; nothing has happened, and it may be tried again. */
  | "conflict"
  | "unavailable"
  /** No connection was free in time. */
  | "busy"
  | "timeout"
  | "full"
  | "read-only";
