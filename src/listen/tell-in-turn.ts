import { afterUrgentWork } from "../base/urgent-work.ts";
import { afterwards, turnLength } from "../base/yield-if-busy.ts";

/** How long handlers are told in each turn of the event loop, in milliseconds. */
const sliceMs = 0.2;

/** What handlers have to be told yet, in the order in which their calls broke off. */
const untold: (() => void)[] = [];
let isTelling = false;
let sliceStartMs = 0;

/**
 * Tells a handler that its call has broken off, at once or in a later turn of the event loop: a client may have
 * thousands of calls under way and end all of them at once, and a handler that lets go of one takes longer than Node.
 *
 * Each turn has time for this, for one call at least, however much other work waits: a handler that does not know works
 * on for a caller that has left, and keeps its memory.
 */
export function tellInTurn(tell: () => void): void {
  untold.push(tell);
  if (isTelling) return;
  isTelling = true;
  if (turnLength() < sliceMs) tellSome();
  else setImmediate(tellSome);
}

const tellSome = afterUrgentWork(() => {
  // What handlers do now counts, too.
  turnLength();
  sliceStartMs = performance.now();
  tellNext();
});

function tellNext(): void {
  const tell = untold.shift();
  if (tell === undefined) {
    isTelling = false;
    return;
  }
  try {
    tell();
  } finally {
    afterwards(goOn);
  }
}

function goOn(): void {
  if (performance.now() - sliceStartMs < sliceMs) tellNext();
  else setImmediate(tellSome);
}
