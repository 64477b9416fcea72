import { afterwards, turnLength, whenNotBusy } from "../base/yield-if-busy.ts";

/** Calls that come in a turn of the event loop that is longer than this wait for its end, in milliseconds. */
const longTurnMs = 2;

/** Those that wait are begun for so long in each turn, in milliseconds. */
const sliceMs = 1;

/** While so many calls of a connection wait, no more of them are to be read. */
export const mostWaiting = 16;

/** Begins a call of a connection, now or when it is its turn. */
export type BeginInTurn<Connection extends object> = (connection: Connection, begin: () => void) => void;

/** Stops the reading of a connection of which many calls wait, and starts it again. */
export interface Reads<Connection extends object> {
  hold(connection: Connection): void;
  release(connection: Connection): void;
}

/**
 * Lets calls wait while the event loop is busy, and begins them in the order of their connections: one of each, round and
 * round. Thousands of heads that come in one read are thousands of calls in one turn, and one that calls once on a
 * connection of its own would wait for all of them. So a connection that had no call waiting comes before those that have had
 * their turn, of which one at least begins in each turn. While turns are short nobody waits. Of a connection of which many wait no
 * more are read until they have begun, and those that are read again are so one after the other.
 */
export function createFairTurns<Connection extends object>(reads: Reads<Connection>): BeginInTurn<Connection> {
  /** What waits, by its connection; the connection whose turn it is comes first. */
  const waiting = new Map<Connection, (() => void)[]>();
  /** The same of connections of which no call has had to wait before these. */
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
    from.delete(connection);
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
      if (isBeginning) return;
      isBeginning = true;
      setImmediate(beginSome);
    }
  };
}
