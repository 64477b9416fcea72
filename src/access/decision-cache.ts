/** How decisions are kept. */
export interface DecisionCacheOptions {
  /** How long a decision is good for, in milliseconds. 0: it is not kept, only shared by those who ask at once. */
  readonly ttlMs: number;
  /** Above this many decisions the oldest is forgotten. Default: 10,000. */
  readonly maxEntries?: number;
  /** Milliseconds since the epoch. Default: the clock. */
  readonly now?: () => number;
}

interface Decision<T> {
  readonly value: T;
  readonly untilMs: number;
}

/**
 * Keeps decisions for a short while. The same question is under way once, however many ask it; failures are not kept. Questions
 * under way push no decision out.
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

  /** The decision that is kept, if it is still good. */
  peek(key: string): T | undefined {
    const decision = this.#decisions.get(key);
    return decision !== undefined && this.#now() < decision.untilMs ? decision.value : undefined;
  }

  /**
   * Keeps a decision that was made elsewhere.
   *
   * @param endMs when it ends by itself, in milliseconds since the epoch
   */
  keep(key: string, value: T, endMs = Infinity): void {
    if (this.#ttlMs === 0) return;
    this.#decisions.delete(key);
    this.#decisions.set(key, { value, untilMs: Math.min(this.#now() + this.#ttlMs, endMs) });
    if (this.#decisions.size > this.#maxEntries) this.#decisions.delete(this.#decisions.keys().next().value!);
  }

  /**
   * The decision on a question.
   *
   * @param endOf when a decision ends by itself, in milliseconds since the epoch
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
