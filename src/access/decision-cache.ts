/** How decisions are kept. */
export interface DecisionCacheOptions {
  /**
   * How long a decision is cached, in milliseconds. 0: not at all, it is only shared by those who ask at the same time.
   */
  readonly ttlMs: number;
  /** Beyond this many decisions the oldest is dropped. Default: 10,000. */
  readonly maxEntries?: number;
  /** Milliseconds since the epoch. Default: the clock. */
  readonly now?: () => number;
}

interface Decision<T> {
  readonly value: T;
  readonly untilMs: number;
}

/**
 * Caches decisions for a short while. Concurrent requests for the same decision share one lookup. Failures are not
 * cached, and lookups under way push no decision out of the cache.
 */
export class DecisionCache<T> {
  readonly #ttlMs: number;
  readonly #maxEntries: number;
  readonly #now: () => number;
  readonly #decisions = new Map<string, Decision<T>>();
  readonly #pending = new Map<string, Promise<T>>();

  constructor({ ttlMs, maxEntries = 10_000, now = Date.now }: DecisionCacheOptions) {
    this.#ttlMs = ttlMs;
    this.#maxEntries = maxEntries;
    this.#now = now;
  }

  /** The cached decision, if it is still valid. */
  peek(key: string): T | undefined {
    const decision = this.#decisions.get(key);
    return decision !== undefined && this.#now() < decision.untilMs ? decision.value : undefined;
  }

  /**
   * Caches a decision that was made elsewhere.
   *
   * @param endMs when it expires at the latest, in milliseconds since the epoch
   */
  keep(key: string, value: T, endMs = Infinity): void {
    if (this.#ttlMs === 0) return;
    this.#decisions.delete(key);
    this.#decisions.set(key, { value, untilMs: Math.min(this.#now() + this.#ttlMs, endMs) });
    if (this.#decisions.size > this.#maxEntries) this.#decisions.delete(this.#decisions.keys().next().value!);
  }

  /**
   * The cached decision, or else a new one.
   *
   * @param endOf when a decision expires at the latest, in milliseconds since the epoch
   */
  get(key: string, decide: () => Promise<T>, endOf: (value: T) => number = () => Infinity): Promise<T> {
    const kept = this.peek(key);
    if (kept !== undefined) return Promise.resolve(kept);
    const pending = this.#pending.get(key) ?? this.#ask(key, decide, endOf);
    this.#pending.set(key, pending);
    return pending;
  }

  async #ask(key: string, decide: () => Promise<T>, endOf: (value: T) => number): Promise<T> {
    try {
      const value = await decide();
      this.keep(key, value, endOf(value));
      return value;
    } finally {
      this.#pending.delete(key);
    }
  }
}
