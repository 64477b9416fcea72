import { setImmediate as nextTurn } from "node:timers/promises";

/** Longer than this nobody works on in one turn of the event loop, in milliseconds. */
const maxTurnMs = 2;

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
 */
export function yieldIfBusy(): Promise<void> | undefined {
  return turnLength() < maxTurnMs ? undefined : nextTurn();
}

/** The same before work that is long: many who begin at once go one turn after the other. */
export async function whenNotBusy(): Promise<void> {
  for (let pause = yieldIfBusy(); pause !== undefined; pause = yieldIfBusy()) await pause;
}
