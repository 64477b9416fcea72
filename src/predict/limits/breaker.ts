import { type CircuitBreakerPolicy, CircuitState, ConsecutiveBreaker, circuitBreaker, handleAll } from "cockatiel";

/** Whether calls go to an address. */
export type BreakerState = "closed" | "open" | "half-open";

/** How the breaker of an address stands. */
export interface BreakerView {
  readonly state: BreakerState;
  /** How many calls in a row could not connect or broke. */
  readonly consecutiveFailures: number;
  /** Since when no calls are let through; undefined while it is closed. */
  readonly openSince: Date | undefined;
  /** When the address is asked next whether it is back; undefined while it is closed. */
  readonly nextProbe: Date | undefined;
}

export interface BreakerOptions {
  /** After how many failures in a row it opens. */
  readonly failures: number;
  /** How long it is open before the address is asked, and between two such questions. */
  readonly openMs: number;
}

export const closedBreaker: BreakerView = {
  state: "closed",
  consecutiveFailures: 0,
  openSince: undefined,
  nextProbe: undefined,
};

/** Replicas that open together do not ask together: up to this share is added to the time between two questions. */
const jitter = 0.2;

/** Why a question failed, for the library alone. */
const notBack = new Error("the address is not back");

/**
 * The breaker of one address. It opens after so many transport failures in a row, and closes when the address answers a
 * readiness check: no caller is the guinea pig.
 *
 * The states are those of cockatiel. Its policy counts failures and runs the checks; calls that go well never pass
 * through it, because a breaker is there only from the first failure of an address to its next success.
 */
export class Breaker {
  /** The address that failed. */
  readonly address: string;
  readonly #options: BreakerOptions;
  readonly #counter: ConsecutiveBreaker;
  readonly #policy: CircuitBreakerPolicy;
  readonly #probe: () => Promise<boolean>;
  #openSince: Date | undefined;
  #nextProbe: Date | undefined;
  #timer: NodeJS.Timeout | undefined;
  #disposed = false;

  /**
   * @param probe asks the address whether it is back
   * @param onChange is called when the state changes; a breaker that has closed again is of no more use
   */
  constructor(address: string, options: BreakerOptions, probe: () => Promise<boolean>, onChange: () => void) {
    this.address = address;
    this.#options = options;
    this.#probe = probe;
    this.#counter = new ConsecutiveBreaker(options.failures);
    this.#policy = circuitBreaker(handleAll, { breaker: this.#counter, halfOpenAfter: options.openMs });
    this.#policy.onBreak(() => {
      this.#openSince ??= new Date();
      this.#schedule();
    });
    this.#policy.onStateChange(onChange);
  }

  get isClosed(): boolean {
    return this.#policy.state === CircuitState.Closed;
  }

  get view(): BreakerView {
    const { state } = this.#policy;
    return {
      state: state === CircuitState.Closed ? "closed" : state === CircuitState.HalfOpen ? "half-open" : "open",
      consecutiveFailures: this.#counter.state,
      openSince: this.#openSince,
      nextProbe: this.#nextProbe,
    };
  }

  /** Notes a call that could not connect or broke. */
  failed(): void {
    // Calls that were under way when it opened say nothing new.
    if (this.isClosed) void this.#policy.execute(fail).catch(() => {});
  }

  /** Ends its questions. */
  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#disposed) return;
    // A little more than the library waits, whose clock is another one.
    const delayMs = this.#options.openMs * (1 + jitter * Math.random()) + 5;
    this.#nextProbe = new Date(Date.now() + delayMs);
    this.#timer = setTimeout(() => void this.#ask(), delayMs);
    this.#timer.unref();
  }

  async #ask(): Promise<void> {
    this.#timer = undefined;
    const result = this.#policy.execute(async () => {
      if (!(await this.#probe())) throw notBack;
    });
    await result.catch(() => {});
    // The library asks by the clock of the day, which may have been set back: then it has not asked at all.
    if (!this.isClosed && this.#timer === undefined) this.#schedule();
  }
}

function fail(): never {
  throw notBack;
}
