import { afterwards, turnLength } from "../base/yield-if-busy.ts";

/** Calls that come in a turn of the event loop that is longer than this wait for their own, in milliseconds. */
const longTurnMs = 5;

/** Those that wait are begun for so long in each turn, in milliseconds. */
const sliceMs = 1;

/** Begins a call of a connection, now or when it is its turn. */
export type BeginInTurn = (connection: object, begin: () => void) => void;

/**
 * Lets calls wait while the event loop is busy, and begins them in the order of their connections: one of each, round and
 * round. Thousands of heads that come in one read are thousands of calls in one turn, and one that calls once on a
 * connection of its own would wait for all of them. While turns are short nobody waits.
 */
export function createFairTurns(): BeginInTurn {
  /** What waits, by its connection; the connection whose turn it is comes first. */
  const waiting = new Map<object, (() => void)[]>();
  let isBeginning = false;
  let sliceStartMs = 0;
  const beginSome = (): void => {
    sliceStartMs = performance.now();
    beginNext();
  };
  const beginNext = (): void => {
    const [first] = waiting;
    if (first === undefined) {
      isBeginning = false;
      return;
    }
    const [connection, calls] = first;
    const begin = calls.shift()!;
    waiting.delete(connection);
    if (calls.length > 0) waiting.set(connection, calls);
    begin();
    afterwards(goOn);
  };
  const goOn = (): void => {
    if (performance.now() - sliceStartMs < sliceMs) beginNext();
    else setImmediate(beginSome);
  };
  return (connection, begin) => {
    const before = waiting.get(connection);
    if (before !== undefined) {
      before.push(begin);
    } else if (turnLength() < longTurnMs) {
      begin();
    } else {
      waiting.set(connection, [begin]);
      if (isBeginning) return;
      isBeginning = true;
      setImmediate(beginSome);
    }
  };
}
