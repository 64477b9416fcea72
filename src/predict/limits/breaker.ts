import { type CircuitBreakerPolicy, CircuitState, ConsecutiveBreaker, circuitBreaker, handleAll } from "cockatiel";

/** Whether calls go to an address. */
export type BreakerState = "closed" | "open" | "half-open";

/** The state of the breaker of an address. */
export interface BreakerView {
  readonly state: BreakerState;
  /** How many consecutive calls could not connect or were cut off. */
  readonly consecutiveFailures: number;
  /** Since when no calls are let through; undefined while it is closed. */
  readonly openSince: Date | undefined;
  /** When the address is probed next; undefined while it is closed. */
  readonly nextProbe: Date | undefined;
}

export interface BreakerOptions {
  /** After how many failures in a row it opens. */
  readonly failures: number;
  /** How long it is open before the address is probed, and the time between two probes. */
  readonly openMs: number;
}

export const closedBreaker: BreakerView = {
  state: "closed",
  consecutiveFailures: 0,
  openSince: undefined,
  nextProbe: undefined,
};

/**
 * Jitter, so that replicas whose breakers open together do not probe together: up to this share is added to the time
 * between two probes.
 */
const jitter = 0.2;

/** The error of a failed probe, for the library only. */
const notBack = new Error("the address is not back");

/**
 * The breaker of one address. It opens after a number of transport failures in a row, and closes when the address
 * answers a readiness check, so that no caller's request has to serve as the probe.
 *
 * The states are those of cockatiel, whose policy counts failures and runs the probes. Successful calls never pass
 * through it: a breaker only exists from the first failure of an address to its next success.
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
   * @param onChange is called when the state changes; a breaker that has closed is no longer needed
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
    // Calls that were under way when it opened tell nothing new.
    if (this.isClosed) void this.#policy.execute(fail).catch(() => {});
  }

  /** Ends probing. */
  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#disposed) return;
    // A little longer than the library waits, as it uses another clock.
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
    // The library uses the wall clock, which may have been set back: then it has not probed at all.
    if (!this.isClosed && this.#timer === undefined) this.#schedule();
  }
}

function fail(): never {
  throw notBack;
}
