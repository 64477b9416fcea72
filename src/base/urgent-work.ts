/** Urgent work that began longer ago than this is not soon done, and is not waited for any more, in milliseconds. */
const soonMs = 2;

/** How long a step waits for urgent work at most, however much of it there is, in milliseconds. */
const longestWaitMs = 2;

/** How much urgent work is under way, or about to begin. */
let underWay = 0;
let lastBegunMs = 0;

/** Look again whether their steps may go on. */
const waiting = new Set<() => void>();

/**
 * Does work that is mostly waiting and soon done, such as a prediction. Longer work pauses meanwhile: what is urgent comes
 * back in a few turns of the event loop, and would meet a step of something else in each of them.
 */
export async function urgently<Result>(work: () => Promise<Result>): Promise<Result> {
  urgentBegins();
  try {
    return await work();
  } finally {
    urgentEnds();
  }
}

/** Says that something urgent has begun, or is about to. `urgentEnds` is to follow. */
export function urgentBegins(): void {
  underWay++;
  lastBegunMs = performance.now();
}

export function urgentEnds(): void {
  underWay--;
  // What comes of it is sent at the end of this turn of the event loop; others go on in the next.
  if (underWay === 0 && waiting.size > 0) setImmediate(setImmediate, lookAgain);
}

/** Makes a step of longer work wait while urgent work is under way. Until it is taken, it is not to be called again. */
export function afterUrgentWork(step: () => void): () => void {
  let waitsSinceMs: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    const nowMs = underWay === 0 ? Number.POSITIVE_INFINITY : performance.now();
    waitsSinceMs ??= nowMs;
    clearTimeout(timer);
    if (nowMs - lastBegunMs >= soonMs || nowMs - waitsSinceMs >= longestWaitMs) {
      waiting.delete(look);
      waitsSinceMs = undefined;
      step();
    } else {
      waiting.add(look);
      timer = setTimeout(look, longestWaitMs - (nowMs - waitsSinceMs));
    }
  };
  return look;
}

function lookAgain(): void {
  for (const look of [...waiting]) look();
}
