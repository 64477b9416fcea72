/** Hands over what changed, soon but not each time: many changes at once become one. */
export interface Publisher {
  /** Something changed. */
  request(): void;
  /** Nothing is handed over any more. */
  stop(): void;
}

/**
 * The shortest time between two, in milliseconds: seldom enough that the work of each, which grows with the models that
 * are there, is small, and often enough that what has changed meanwhile is few.
 */
const intervalMs = 50;

/** Creates a publisher. The first change after a while is handed over at once. */
export function createPublisher(publish: () => void): Publisher {
  let timer: NodeJS.Timeout | undefined;
  let nextTime = 0;
  let stopped = false;
  const run = (): void => {
    timer = undefined;
    publish();
    nextTime = performance.now() + intervalMs;
  };
  return {
    request() {
      if (!stopped) timer ??= setTimeout(run, Math.max(0, nextTime - performance.now()));
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
