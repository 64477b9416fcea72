import { whenNotBusy } from "../base/yield-if-busy.ts";

/** All that break off take their turns as one, in the order in which they did. */
const brokenOff = {};

/**
 * Tells a handler that its call has broken off, once this turn of the event loop has room for what follows: a client may have
 * thousands of calls under way and end all of them at once, and a handler that lets go of one takes longer than Node.
 */
export function tellInTurn(tell: () => void): void {
  const turn = whenNotBusy(brokenOff);
  if (turn === undefined) tell();
  else void turn.then(tell);
}
