import type { Cancellation } from "../../base/cancellation.ts";
import { metadataOf, type RegisteredModel } from "../../registry/model.ts";
import type { ModelState } from "../../registry/readiness.ts";
import { RegistryError } from "../../registry/registry-error.ts";

export interface ReadinessQueueOptions {
  /** How many predictions of a model may wait for it. */
  readonly maxWaiting: number;
  /** Asks the model whether it is ready, now. Never throws. */
  readonly ask: () => Promise<ModelState>;
}

const retryAfterMs = 1000;
/** The pause between two readiness checks grows: a model that restarts is often soon back. */
const firstPauseMs = 100;
const longestPauseMs = 1000;
/**
 * After this time, one prediction is sent to a server that answers but says that its model is not ready: some servers
 * load a model on its first prediction, and some always answer this check with 404. A server whose model is really not
 * ready answers 503, and the prediction waits on.
 */
const trialAfterMs = 2000;

interface Waiter {
  /** Lets it go on, or fails it. */
  readonly leave: (error?: Error) => void;
}

/**
 * Holds the predictions of one model until it is ready (`wait_for_ready`). All share one series of readiness checks,
 * and all continue together, in the order of their arrival.
 */
export class ReadinessQueue {
  readonly #options: ReadinessQueueOptions;
  readonly #waiters = new Set<Waiter>();
  #asking = false;
  /** When the first of the waiting predictions arrived. */
  #sinceMs = 0;
  /** Whether one of them has been sent as a trial. */
  #tried = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ReadinessQueueOptions) {
    this.#options = options;
  }

  /** How many wait. */
  get size(): number {
    return this.#waiters.size;
  }

  /**
   * Waits until the model says that it is ready.
   *
   * @param again whether a call has failed although the model said so: then it is asked after a pause
   * @throws RegistryError TOO_MANY_IN_FLIGHT, or the reason of the cancellation
   */
  wait(model: RegisteredModel, cancellation: Cancellation<Error>, again: boolean): Promise<void> {
    if (this.#waiters.size >= this.#options.maxWaiting) return Promise.reject(this.#full(model));
    return new Promise((resolve, reject) => {
      let stopWatching: () => void = () => {};
      const waiter: Waiter = {
        leave: (error) => {
          stopWatching();
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      if (this.#waiters.size === 0) {
        this.#sinceMs = performance.now();
        this.#tried = again;
      }
      this.#waiters.add(waiter);
      stopWatching = cancellation.onCancel((reason) => {
        this.#waiters.delete(waiter);
        if (this.#waiters.size === 0) this.#pause();
        reject(reason);
      });
      if (this.#asking || this.#timer !== undefined || this.#waiters.size === 0) return;
      if (again) this.#askLater(firstPauseMs);
      else void this.#ask(firstPauseMs);
    });
  }

  /** Fails all waiting predictions: there is nothing left to wait for. */
  dismiss(error: Error): void {
    this.#pause();
    this.#letAllGo(error);
  }

  #letAllGo(error?: Error): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter.leave(error);
  }

  #letOneTry(): void {
    const [first] = this.#waiters;
    if (first === undefined || this.#tried || performance.now() - this.#sinceMs < trialAfterMs) return;
    this.#tried = true;
    this.#waiters.delete(first);
    first.leave();
  }

  async #ask(pauseMs: number): Promise<void> {
    this.#timer = undefined;
    this.#asking = true;
    const state = await this.#options.ask();
    this.#asking = false;
    if (state === "ready" || state === "unknown") this.#letAllGo();
    else if (state === "not-ready") this.#letOneTry();
    if (this.#waiters.size > 0) this.#askLater(pauseMs);
  }

  #askLater(pauseMs: number): void {
    // Half of the pause is random, so that replicas do not check together.
    const delayMs = pauseMs * (0.5 + Math.random() / 2);
    this.#timer = setTimeout(() => void this.#ask(Math.min(pauseMs * 2, longestPauseMs)), delayMs);
    this.#timer.unref();
  }

  #pause(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #full(model: RegisteredModel): RegistryError {
    const { maxWaiting } = this.#options;
    const message = `${maxWaiting} predictions wait for ${model.name} to become ready, the maximum (KSERVE_MAX_WAITING)`;
    return new RegistryError("TOO_MANY_IN_FLIGHT", message, {
      metadata: metadataOf(model),
      retryAfterMs,
      failure: { stage: "admit", hint: "Try again, or make fewer concurrent calls." },
    });
  }
}
