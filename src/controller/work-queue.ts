import { type BackoffLimits, backoffMs } from "../base/backoff.ts";

export interface WorkQueueOptions {
  /**
   * Processes a key. Returns after how long to process it again, in milliseconds; undefined: only when it is added
   * again.
   */
  readonly work: (key: string) => Promise<number | undefined>;
  /** How many keys are worked on at once. */
  readonly concurrency: number;
  readonly backoff: BackoffLimits;
  readonly onFailure: (key: string, error: Error) => void;
}

/**
 * Processes keys: a key that is added while it is being processed is processed again afterwards. Failures are retried
 * with backoff. Ends when the signal aborts.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #signal: AbortSignal;
  readonly #ready = new Set<string>();
  readonly #underWay = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(options: WorkQueueOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    signal.addEventListener("abort", () => {
      for (const timer of this.#timers.values()) clearTimeout(timer);
    });
  }

  /** How many keys wait or are being processed, not counting those whose next time has not come. */
  get waiting(): number {
    return new Set([...this.#ready, ...this.#underWay]).size;
  }

  add(key: string): void {
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
    this.#ready.add(key);
    this.#next();
  }

  #next(): void {
    if (this.#signal.aborted) return;
    for (const key of this.#ready) {
      if (this.#underWay.size >= this.#options.concurrency) return;
      if (this.#underWay.has(key)) continue;
      this.#ready.delete(key);
      this.#underWay.add(key);
      void this.#work(key).finally(() => {
        this.#underWay.delete(key);
        this.#next();
      });
    }
  }

  async #work(key: string): Promise<void> {
    let againMs: number | undefined;
    try {
      againMs = await this.#options.work(key);
      this.#failures.delete(key);
    } catch (error) {
      if (this.#signal.aborted) return;
      const failures = (this.#failures.get(key) ?? 0) + 1;
      this.#failures.set(key, failures);
      againMs = backoffMs(failures, this.#options.backoff);
      this.#options.onFailure(key, error as Error);
    }
    if (againMs === undefined || this.#signal.aborted || this.#ready.has(key)) return;
    clearTimeout(this.#timers.get(key));
    this.#timers.set(key, setTimeout(() => this.add(key), againMs).unref());
  }
}
