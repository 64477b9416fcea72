/** How much of a scarce resource there is, and how much of it one party may use. */
export interface FairQueueOptions {
  /** How many tasks run at a time. */
  readonly maxRunning: number;
  /** How many of them are of one party. */
  readonly maxRunningEach: number;
  /** How many tasks of one party may wait. */
  readonly maxWaitingEach: number;
}

/** A party already has as many tasks waiting as it may have. */
export class QueueFull extends Error {
  constructor(maxWaiting: number) {
    super(`${maxWaiting} checks are already waiting`);
    this.name = "QueueFull";
  }
}

interface Party {
  running: number;
  readonly waiting: (() => void)[];
}

/**
 * Runs a few tasks at a time. Parties take turns (round robin), so that a party with thousands of tasks delays another
 * by one round at most and never has all the slots.
 */
export class FairQueue {
  readonly #options: FairQueueOptions;
  /** The parties that have tasks; the first one is next. */
  readonly #parties = new Map<string, Party>();
  #running = 0;

  constructor(options: FairQueueOptions) {
    this.#options = options;
  }

  /**
   * Runs a task when its party's turn comes.
   *
   * @throws QueueFull, or what the task rejects with
   */
  async run<T>(party: string, task: () => Promise<T>): Promise<T> {
    const entry = this.#parties.get(party) ?? { running: 0, waiting: [] };
    this.#parties.set(party, entry);
    if (this.#mayRun(entry)) this.#start(entry);
    else await this.#turn(entry);
    try {
      return await task();
    } finally {
      entry.running--;
      this.#running--;
      if (entry.running === 0 && entry.waiting.length === 0) this.#parties.delete(party);
      this.#startNext();
    }
  }

  #mayRun(entry: Party): boolean {
    return this.#running < this.#options.maxRunning && entry.running < this.#options.maxRunningEach;
  }

  #start(entry: Party): void {
    entry.running++;
    this.#running++;
  }

  #turn(entry: Party): Promise<void> {
    const { maxWaitingEach } = this.#options;
    if (entry.waiting.length >= maxWaitingEach) throw new QueueFull(maxWaitingEach);
    return new Promise((resolve) => entry.waiting.push(resolve));
  }

  #startNext(): void {
    for (const [party, entry] of this.#parties) {
      if (this.#running >= this.#options.maxRunning) return;
      if (entry.waiting.length === 0 || !this.#mayRun(entry)) continue;
      this.#start(entry);
      entry.waiting.shift()!();
      // Behind the others: their turn comes first.
      this.#parties.delete(party);
      this.#parties.set(party, entry);
      return;
    }
  }
}
