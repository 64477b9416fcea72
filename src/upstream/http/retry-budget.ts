/** How much may be sent again. */
export interface RetryBudgetOptions {
  /** The share of the requests of the last ten seconds, from 0 to 1. 0 sends nothing again. */
  readonly share: number;
}

const windowSeconds = 10;
/** This many retries are allowed in the window in any case, so that rare calls can be retried. */
const minRetries = 3;

/**
 * Limits how many requests to one model are retried, so that retries cannot multiply the load on a model in trouble.
 * Counts by second over the last ten.
 */
export class RetryBudget {
  readonly #share: number;
  readonly #requests = new Uint32Array(windowSeconds);
  readonly #retries = new Uint32Array(windowSeconds);
  #second = 0;

  constructor({ share }: RetryBudgetOptions) {
    this.#share = share;
  }

  /** Counts a request that is sent for the first time. @param nowMs by a clock that only goes forward */
  request(nowMs: number): void {
    this.#requests[this.#slot(nowMs)]!++;
  }

  /** Counts a retry and allows it, or refuses it. */
  retry(nowMs: number): boolean {
    const slot = this.#slot(nowMs);
    if (this.#share === 0 || sum(this.#retries) >= Math.max(minRetries, this.#share * sum(this.#requests)))
      return false;
    this.#retries[slot]!++;
    return true;
  }

  /** The index of the current second; what is older than the window is forgotten. */
  #slot(nowMs: number): number {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) {
      const from = Math.max(this.#second + 1, second - windowSeconds + 1);
      for (let passed = from; passed <= second; passed++) {
        this.#requests[passed % windowSeconds] = 0;
        this.#retries[passed % windowSeconds] = 0;
      }
      this.#second = second;
    }
    return second % windowSeconds;
  }
}

function sum(counts: Uint32Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
