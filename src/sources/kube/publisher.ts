/** Hands over what changed, soon but not each time: many changes at once become one. */
export interface Publisher {
  /** Something changed. */
  request(): void;
  /** Nothing is handed over any more. */
  stop(): void;
}

/** The shortest time between two, in milliseconds. */
const minIntervalMs = 50;

/** The longest that a change waits for others, in milliseconds, whatever it costs: a change is served within a second. */
const maxIntervalMs = 250;

/** Within these limits handing over takes about this part of the time. */
const share = 1 / 20;

/** Creates a publisher. The first change after a while is handed over at once. */
export function createPublisher(publish: () => void): Publisher {
  let timer: NodeJS.Timeout | undefined;
  let nextTime = 0;
  let stopped = false;
  const run = (): void => {
    const start = performance.now();
    timer = undefined;
    publish();
    const end = performance.now();
    nextTime = end + Math.min(maxIntervalMs, Math.max(minIntervalMs, (end - start) / share));
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
