/** The timers of one duration, in the order in which they are due. */
interface Queue {
  readonly delayMs: number;
  first: QueuedTimer | undefined;
  last: QueuedTimer | undefined;
  /** Node's timer, set for the one that was first at that time. */
  timer: NodeJS.Timeout | undefined;
}

const queues = new Map<number, Queue>();

/**
 * A timer that is nearly always cleared long before it is due. All timers of one duration share one of Node's, which
 * stays set when they are cleared: setting and clearing one of Node's costs several times as much. Does not keep the
 * process alive.
 */
export class QueuedTimer {
  readonly #queue: Queue;
  readonly #dueMs: number;
  readonly #onTime: () => void;
  #before: QueuedTimer | undefined;
  #after: QueuedTimer | undefined;
  #isSet = true;

  /**
   * @param delayMs one of few: each has a queue while it is in use
   * @param nowMs by the clock of `performance`
   */
  constructor(onTime: () => void, delayMs: number, nowMs: number) {
    const queue = queueOf(delayMs);
    this.#queue = queue;
    this.#onTime = onTime;
    this.#dueMs = nowMs + delayMs;
    this.#before = queue.last;
    if (queue.last === undefined) queue.first = this;
    else queue.last.#after = this;
    queue.last = this;
    queue.timer ??= setTimeout(QueuedTimer.#ring, delayMs, queue).unref();
  }

  /** May be called more than once. */
  clear(): void {
    if (!this.#isSet) return;
    this.#isSet = false;
    const { first, last } = this.#queue;
    if (first === this) this.#queue.first = this.#after;
    else this.#before!.#after = this.#after;
    if (last === this) this.#queue.last = this.#before;
    else this.#after!.#before = this.#before;
    this.#before = undefined;
    this.#after = undefined;
  }

  static #ring(queue: Queue): void {
    const nowMs = performance.now();
    queue.timer = undefined;
    while (queue.first !== undefined && queue.first.#dueMs <= nowMs) {
      const due = queue.first;
      due.clear();
      due.#onTime();
    }
    if (queue.first === undefined) queues.delete(queue.delayMs);
    // `onTime` may have set a timer of this duration, and with it Node's.
    else queue.timer ??= setTimeout(QueuedTimer.#ring, queue.first.#dueMs - nowMs, queue).unref();
  }
}

function queueOf(delayMs: number): Queue {
  let queue = queues.get(delayMs);
  if (queue === undefined) {
    queue = { delayMs, first: undefined, last: undefined, timer: undefined };
    queues.set(delayMs, queue);
  }
  return queue;
}
