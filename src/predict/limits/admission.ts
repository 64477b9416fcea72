import type { Cancellation } from "../../base/cancellation.ts";
import { formatDuration } from "../../base/duration.ts";
import { metadataOf, type RegisteredModel } from "../../registry/model.ts";
import { RegistryError } from "../../registry/registry-error.ts";

export interface AdmissionLimits {
  /** How many predictions of a model may be under way. */
  readonly maxInFlight: number;
  /** How many more may wait for a place; 0 refuses at once. */
  readonly maxQueued: number;
  /** How long one may wait for a place. */
  readonly queueTimeoutMs: number;
}

/** When to try again after a refusal: about the time a place takes to become free. */
const retryAfterMs = 1000;

/** One prediction that waits for a place. */
interface Waiter {
  /** Is called when the place is there. */
  readonly enter: () => void;
}

/**
 * The places of one model: so many predictions may be under way, and so many more wait in a line for a place, first in,
 * first out. Each model has its own, so that a slow one keeps nobody else waiting.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  /** In the order they came. There is one only while every place is taken. */
  readonly #line = new Set<Waiter>();
  #inFlight = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** How many predictions are under way. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** How many wait for a place. */
  get queued(): number {
    return this.#line.size;
  }

  /** Takes a place if one is free. Every place taken must be left. */
  tryEnter(): boolean {
    if (this.#inFlight >= this.#limits.maxInFlight) return false;
    this.#inFlight++;
    return true;
  }

  /**
   * Waits for a place and takes it. Who asked to wait for the model (`patient`) is neither turned away from a full line
   * nor after a while: its deadline is its limit.
   *
   * @throws RegistryError TOO_MANY_IN_FLIGHT, or the reason of the cancellation
   */
  enterInTurn(model: RegisteredModel, cancellation: Cancellation<Error>, patient: boolean): Promise<void> {
    const { maxQueued, queueTimeoutMs } = this.#limits;
    if (!patient && this.#line.size >= maxQueued) return Promise.reject(this.#full(model));
    return new Promise((resolve, reject) => {
      const leave = (reason: Error): void => {
        clearTimeout(timer);
        this.#line.delete(waiter);
        reject(reason);
      };
      const timer = patient ? undefined : setTimeout(() => leave(this.#tooLong(model)), queueTimeoutMs);
      let stopWatching: () => void = () => {};
      const waiter: Waiter = {
        enter: () => {
          clearTimeout(timer);
          stopWatching();
          resolve();
        },
      };
      this.#line.add(waiter);
      stopWatching = cancellation.onCancel(leave);
    });
  }

  /** Leaves a place, to the one that has waited longest. */
  leave(): void {
    const [first] = this.#line;
    if (first === undefined) {
      this.#inFlight--;
      return;
    }
    this.#line.delete(first);
    first.enter();
  }

  #full(model: RegisteredModel): RegistryError {
    const { maxInFlight, maxQueued } = this.#limits;
    const underWay = `${this.#inFlight} predictions of ${model.name} are under way, and ${maxInFlight} are allowed (KSERVE_MAX_IN_FLIGHT)`;
    const waiting = `${this.#line.size} more wait, and ${maxQueued} are allowed (KSERVE_MAX_QUEUED)`;
    return refused(model, maxQueued === 0 ? underWay : `${underWay}; ${waiting}`);
  }

  #tooLong(model: RegisteredModel): RegistryError {
    const { maxInFlight, queueTimeoutMs } = this.#limits;
    const places = `${maxInFlight} predictions of ${model.name} are under way, as many as are allowed (KSERVE_MAX_IN_FLIGHT)`;
    return refused(model, `${places}; none ended within ${formatDuration(queueTimeoutMs)} (KSERVE_QUEUE_TIMEOUT)`);
  }
}

function refused(model: RegisteredModel, message: string): RegistryError {
  return new RegistryError("TOO_MANY_IN_FLIGHT", message, {
    metadata: metadataOf(model),
    retryAfterMs,
    failure: { stage: "admit", hint: "Try again, or call less at a time." },
  });
}
