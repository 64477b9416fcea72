/** Longer than this nobody works on in one turn of the event loop, in milliseconds. */
const maxTurnMs = 1;

let startTime: number | undefined;

/** How long this turn of the event loop has been by now, in milliseconds; counted from when this was first asked in it. */
export function turnLength(): number {
  if (startTime !== undefined) return performance.now() - startTime;
  startTime = performance.now();
  setImmediate(() => {
    startTime = undefined;
  });
  return 0;
}

/**
 * For work in many small steps, called after each: once this turn of the event loop has been long, no matter what worked in it,
 * it returns what to wait for, so that predictions go first. Nothing while the turn is short, which costs next to nothing.
 *
 * All who wait share what a turn has room for, one after the other: hundreds that each did a step in every turn would make it long.
 */
export function yieldIfBusy(): Promise<void> | undefined {
  if (turnLength() < maxTurnMs) return undefined;
  startLettingGo();
  return turnOf({});
}

/** Calls back when all that follows at once from what begins now is done as well: how long it takes shows only then. */
export function afterwards(callback: () => void): void {
  queueMicrotask(() => process.nextTick(callback));
}

/** Those who wait for a turn that is not busy, by whom they belong to; whose turn it is comes first. */
const waiting = new Map<object, (() => void)[]>();
let isLettingGo = false;

/**
 * The same before work that is long. Of many who begin at once as many go in a turn as it has room for, one at least, and one of
 * each owner, round and round: who asks for a thousand lists waits for them, and nobody else does.
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
 * The same between two steps of such work: it goes on before its owner begins anything else, so that of a thousand lists that
 * are asked for at once one is half written, and not all of them.
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

function letGo(): void {
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
}

function goOn(): void {
  if (waiting.size === 0) isLettingGo = false;
  else if (turnLength() < maxTurnMs) letGo();
  else setImmediate(letGo);
}
