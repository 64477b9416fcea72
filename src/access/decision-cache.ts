/** How decisions are kept. */
export interface DecisionCacheOptions {
  /** How long a decision is good for, in milliseconds. 0: it is not kept, only shared by those who ask at once. */
  readonly ttlMs: number;
  /** Above this many decisions the oldest is forgotten. Default: 10,000. */
  readonly maxEntries?: number;
  /** Milliseconds since the epoch. Default: the clock. */
  readonly now?: () => number;
}

type Entry<T> = { readonly pending: Promise<T> } | { readonly value: T; readonly untilMs: number };

/** Keeps decisions for a short while. The same question is under way once, whoever asks; failures are not kept. */
export class DecisionCache<T> {
  readonly #ttlMs: number;
  readonly #maxEntries: number;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry<T>>();

  constructor({ ttlMs, maxEntries = 10_000, now = Date.now }: DecisionCacheOptions) {
    this.#ttlMs = ttlMs;
    this.#maxEntries = maxEntries;
    this.#now = now;
  }

  /** The decision that is kept, if it is still good. */
  peek(key: string): T | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && "value" in entry && this.#now() < entry.untilMs ? entry.value : undefined;
  }

  /**
   * The decision on a question.
   *
   * @param endOf when a decision ends by itself, in milliseconds since the epoch
   */
  async get(key: string, decide: () => Promise<T>, endOf: (value: T) => number = () => Infinity): Promise<T> {
    const kept = this.peek(key);
    if (kept !== undefined) return kept;
    const entry = this.#entries.get(key);
    if (entry !== undefined && "pending" in entry) return entry.pending;
    const pending = decide();
    this.#set(key, { pending });
    try {
      const value = await pending;
      const untilMs = Math.min(this.#now() + this.#ttlMs, endOf(value));
      if (this.#ttlMs > 0) this.#set(key, { value, untilMs });
      else this.#entries.delete(key);
      return value;
    } catch (error) {
      this.#entries.delete(key);
      throw error;
    }
  }

  #set(key: string, entry: Entry<T>): void {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size > this.#maxEntries) this.#entries.delete(this.#entries.keys().next().value!);
  }
}
