/** Urgent work that began longer ago than this is not soon done, and is not waited for any more, in milliseconds. */
const soonMs = 2;

/** How long others wait for urgent work at most, however much of it there is, in milliseconds. */
const longestWaitMs = 2;

let underWay = 0;
let lastBegunMs = 0;

/** Goes on with what waits. */
let goOn: (() => void) | undefined;
let waitsSinceMs: number | undefined;
let timer: NodeJS.Timeout | undefined;

/**
 * Does work that is mostly waiting and soon done, such as a prediction. Longer work pauses meanwhile: what is urgent comes
 * back in a few turns of the event loop, and would meet a step of something else in each of them.
 */
export async function urgently<Result>(work: () => Promise<Result>): Promise<Result> {
  underWay++;
  lastBegunMs = performance.now();
  try {
    return await work();
  } finally {
    underWay--;
    // What comes of it is sent at the end of this turn of the event loop; others go on in the next.
    if (underWay === 0 && goOn !== undefined) setImmediate(setImmediate, stopWaiting);
  }
}

/**
 * To be called before a step of longer work.
 *
 * @param next called later, where urgent work goes first
 * @returns whether it does
 */
export function urgentGoesFirst(next: () => void): boolean {
  const nowMs = underWay === 0 ? Number.POSITIVE_INFINITY : performance.now();
  waitsSinceMs ??= nowMs;
  if (nowMs - lastBegunMs >= soonMs || nowMs - waitsSinceMs >= longestWaitMs) {
    waitsSinceMs = undefined;
    return false;
  }
  goOn = next;
  clearTimeout(timer);
  timer = setTimeout(stopWaiting, longestWaitMs - (nowMs - waitsSinceMs));
  return true;
}

function stopWaiting(): void {
  const next = goOn;
  goOn = undefined;
  next?.();
}
