import { urgentBegins, urgentEnds } from "../base/urgent-work.ts";
import { afterwards, turnLength, whenNotBusy } from "../base/yield-if-busy.ts";

/** In a turn of the event loop that has lasted longer than this, new calls wait for its end, in milliseconds. */
const longTurnMs = 1;

/** How long waiting calls are begun in each turn, in milliseconds. */
const sliceMs = 0.4;

/** While this many calls of a connection wait, no more are read from it. */
export const mostWaiting = 16;

/** Begins a call of a connection, now or when it is its turn. */
export type BeginInTurn<Connection extends object> = (connection: Connection, begin: () => void) => void;

/** Pauses and resumes reading from a connection of which many calls wait. */
export interface Reads<Connection extends object> {
  hold(connection: Connection): void;
  release(connection: Connection): void;
}

/**
 * Queues calls while the event loop is busy, and begins them fairly: one of each connection, round robin. Thousands of
 * heads that arrive in one read are thousands of calls in one turn, and a caller with one call on a connection of its
 * own would wait for all of them. So a connection that had no waiting call comes before those that have had their turn,
 * of which at least one begins in each turn. While turns are short nothing waits. Connections with many waiting calls
 * are not read until those have begun, and are resumed one after the other.
 */
export function createFairTurns<Connection extends object>(reads: Reads<Connection>): BeginInTurn<Connection> {
  /** Waiting calls by connection; the connection whose turn is next comes first. */
  const waiting = new Map<Connection, (() => void)[]>();
  /** The same for connections that had no waiting call before these. */
  const fresh = new Map<Connection, (() => void)[]>();
  const held = new Set<Connection>();
  let isBeginning = false;
  let sliceStartMs = 0;
  const beginSome = (): void => {
    sliceStartMs = performance.now();
    beginNext(waiting.size > 0 ? waiting : fresh);
  };
  const beginNext = (from: Map<Connection, (() => void)[]>): void => {
    const [first] = from;
    if (first === undefined) {
      isBeginning = false;
      return;
    }
    const [connection, calls] = first;
    const begin = calls.shift()!;
    if (from.delete(connection) && from === fresh) urgentEnds();
    if (calls.length > 0) waiting.set(connection, calls);
    else if (held.delete(connection)) void readAgain(connection);
    begin();
    afterwards(goOn);
  };
  const readAgain = async (connection: Connection): Promise<void> => {
    await whenNotBusy(connection);
    if (!held.has(connection)) reads.release(connection);
  };
  const goOn = (): void => {
    if (performance.now() - sliceStartMs < sliceMs) beginNext(fresh.size > 0 ? fresh : waiting);
    else setImmediate(beginSome);
  };
  return (connection, begin) => {
    const before = waiting.get(connection) ?? fresh.get(connection);
    if (before !== undefined) {
      before.push(begin);
      if (before.length !== mostWaiting || held.has(connection)) return;
      held.add(connection);
      reads.hold(connection);
    } else if (turnLength() < longTurnMs) {
      begin();
    } else {
      fresh.set(connection, [begin]);
      // Longer work would take the next turn first.
      urgentBegins();
      if (isBeginning) return;
      isBeginning = true;
      setImmediate(beginSome);
    }
  };
}
