import { afterUrgentWork } from "./urgent-work.ts";

/** Work that takes longer than this in one turn of the event loop should pause, in milliseconds. */
const maxTurnMs = 0.5;

let startTime: number | undefined;

/** How long this turn of the event loop has lasted, in milliseconds; counted from when this was first called in it. */
export function turnLength(): number {
  if (startTime !== undefined) return performance.now() - startTime;
  startTime = performance.now();
  setImmediate(() => {
    startTime = undefined;
  });
  return 0;
}

/**
 * To be called after each small step of longer work. Once this turn of the event loop has been long, whatever the
 * reason, it returns a promise to wait for, so that predictions go first. Undefined while the turn is short, which
 * costs next to nothing.
 *
 * All who wait share one turn's time, one after the other: if hundreds each did a step in every turn, every turn would
 * be long.
 */
export function yieldIfBusy(): Promise<void> | undefined {
  if (turnLength() < maxTurnMs) return undefined;
  startLettingGo();
  return turnOf({});
}

/**
 * Calls back in the next turn of the event loop, when everything that this turn still causes has run: only then is its
 * length known.
 */
export function afterwards(callback: () => void): void {
  queueMicrotask(() => process.nextTick(callback));
}

/** Work that waits for a turn that is not busy, by its owner; the owner whose turn is next comes first. */
const waiting = new Map<object, (() => void)[]>();
let isLettingGo = false;

/**
 * To be called before longer work. Of many who begin at once, each turn lets in as many as it has time for, at least
 * one. Owners take turns (round robin): a client that asks for a thousand lists waits for its own, and holds up nobody
 * else.
 *
 * @param owner whom the work is for, such as a connection
 */
export function whenNotBusy(owner: object): Promise<void> | undefined {
  if (!isLettingGo && turnLength() < maxTurnMs) {
    isLettingGo = true;
    afterwards(goOn);
    return undefined;
  }
  startLettingGo();
  return turnOf(owner);
}

/**
 * To be called between two steps of such work. It continues before its owner begins anything else, so that of a
 * thousand lists requested at once only one is half written, not all of them.
 */
export function goOnWhenNotBusy(owner: object): Promise<void> | undefined {
  if (turnLength() < maxTurnMs) return undefined;
  startLettingGo();
  return turnOf(owner, true);
}

function startLettingGo(): void {
  if (isLettingGo) return;
  isLettingGo = true;
  setImmediate(letGo);
}

function turnOf(owner: object, isFirst = false): Promise<void> {
  return new Promise((begin) => {
    const before = waiting.get(owner);
    if (before === undefined) waiting.set(owner, [begin]);
    else if (isFirst) before.unshift(begin);
    else before.push(begin);
  });
}

const letGo = afterUrgentWork(() => {
  // What begins here counts, too.
  turnLength();
  const [first] = waiting;
  if (first === undefined) return;
  const [owner, queue] = first;
  const begin = queue.shift()!;
  waiting.delete(owner);
  if (queue.length > 0) waiting.set(owner, queue);
  begin();
  afterwards(goOn);
});

function goOn(): void {
  if (waiting.size === 0) isLettingGo = false;
  else if (turnLength() < maxTurnMs) letGo();
  else setImmediate(letGo);
}
