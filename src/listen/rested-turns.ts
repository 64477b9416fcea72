import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { afterUrgentWork } from "../base/urgent-work.ts";
import { turnLength } from "../base/yield-if-busy.ts";

/** A shorter turn of the event loop has room for another step, in milliseconds. */
const shortTurnMs = 0.3;

/** A shorter step is not rested from, in milliseconds. */
const shortMs = 1;

/** A step that takes longer is followed by a longer rest, in milliseconds. */
const longMs = 2;

/** How many times as long as a long step the rest after it is. */
const longRest = 3;

/** How long the rest after a step is, in milliseconds. */
export type RestAfter = (tookMs: number) => number;

const restAfterLong: RestAfter = (tookMs) => {
  if (tookMs <= shortMs) return 0;
  return tookMs > longMs ? longRest * tookMs : tookMs;
};

/** Does a step of work when its turn has come. It is over when its promise resolves. */
export type DoInTurn = (step: () => Promise<void>) => void;

/**
 * Does steps of work that Node does not let divide, one after the other: the first read of a session, or the end of a
 * connection with hundreds of calls, takes milliseconds. After such a step others have the event loop for as long as it
 * took, and longer after a long one: a call waits for a few turns, and would meet a long one each time.
 *
 * However much other work waits, each turn has time for one step at least: connections that are opened by probes must not
 * wait for hundreds of lists.
 *
 * @param restAfter default: none after a short step, and a longer one after a long step
 */
export function createRestedTurns(restAfter = restAfterLong): DoInTurn {
  const waiting: (() => Promise<void>)[] = [];
  let isGoing = false;
  const goOn = async (): Promise<void> => {
    isGoing = true;
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      if (turnLength() >= shortTurnMs) await turn();
      await new Promise<void>((resolve) => afterUrgentWork(resolve)());
      const begunMs = performance.now();
      await step();
      const restMs = restAfter(performance.now() - begunMs);
      if (restMs > 0) await sleep(restMs);
    }
    isGoing = false;
  };
  return (step) => {
    waiting.push(step);
    if (!isGoing) void goOn();
  };
}
