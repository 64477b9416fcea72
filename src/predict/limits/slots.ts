import type { Cancellation } from "../../base/cancellation.ts";
import { formatDuration } from "../../base/duration.ts";
import { metadataOf, type RegisteredModel } from "../../registry/model.ts";
import { RegistryError } from "../../registry/registry-error.ts";

export interface SlotLimits {
  /** How many predictions of a model may be under way. */
  readonly maxInFlight: number;
  /** How many more may queue for a slot; 0 refuses at once. */
  readonly maxQueued: number;
  /** How long one may queue. */
  readonly queueTimeoutMs: number;
}

/** When to try again after a refusal: about the time that a slot takes to become free. */
const retryAfterMs = 1000;

/** One prediction that waits for a slot. */
interface Waiter {
  /** Gives it the slot. */
  readonly enter: () => void;
}

/**
 * The slots of one model: a limited number of predictions may be under way, and a limited number may queue for a slot,
 * first in, first out. Each model has its own, so that a slow one does not hold up others.
 */
export class Slots {
  readonly #limits: SlotLimits;
  /** In the order they came. Empty unless every slot is taken. */
  readonly #queue = new Set<Waiter>();
  #inFlight = 0;

  constructor(limits: SlotLimits) {
    this.#limits = limits;
  }

  /** How many predictions are under way. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** How many wait for a slot. */
  get queued(): number {
    return this.#queue.size;
  }

  /** Takes a slot if one is free. Every slot taken must be left. */
  tryEnter(): boolean {
    if (this.#inFlight >= this.#limits.maxInFlight) return false;
    this.#inFlight++;
    return true;
  }

  /**
   * Waits for a slot and takes it.
   *
   * @param unbounded for a call that has waited for the model: it is refused neither for a full queue nor for the time
   * in it, only by its deadline
   * @throws RegistryError TOO_MANY_IN_FLIGHT, or the reason of the cancellation
   */
  enterInTurn(model: RegisteredModel, cancellation: Cancellation<Error>, unbounded: boolean): Promise<void> {
    const { maxQueued, queueTimeoutMs } = this.#limits;
    if (!unbounded && this.#queue.size >= maxQueued) return Promise.reject(this.#full(model));
    return new Promise((resolve, reject) => {
      const leave = (reason: Error): void => {
        clearTimeout(timer);
        this.#queue.delete(waiter);
        reject(reason);
      };
      const timer = unbounded ? undefined : setTimeout(() => leave(this.#tooLong(model)), queueTimeoutMs);
      let stopWatching: () => void = () => {};
      const waiter: Waiter = {
        enter: () => {
          clearTimeout(timer);
          stopWatching();
          resolve();
        },
      };
      this.#queue.add(waiter);
      stopWatching = cancellation.onCancel(leave);
    });
  }

  /** Frees a slot, for the prediction that has waited longest. */
  leave(): void {
    const [first] = this.#queue;
    if (first === undefined) {
      this.#inFlight--;
      return;
    }
    this.#queue.delete(first);
    first.enter();
  }

  #full(model: RegisteredModel): RegistryError {
    const { maxInFlight, maxQueued } = this.#limits;
    const underWay = `${this.#inFlight} predictions of ${model.name} are in flight, and ${maxInFlight} are allowed (KSERVE_MAX_IN_FLIGHT)`;
    const waiting = `${this.#queue.size} more are queued, and ${maxQueued} are allowed (KSERVE_MAX_QUEUED)`;
    return refused(model, maxQueued === 0 ? underWay : `${underWay}; ${waiting}`);
  }

  #tooLong(model: RegisteredModel): RegistryError {
    const { maxInFlight, queueTimeoutMs } = this.#limits;
    const slots = `${maxInFlight} predictions of ${model.name} are in flight, the maximum (KSERVE_MAX_IN_FLIGHT)`;
    return refused(model, `${slots}; none ended within ${formatDuration(queueTimeoutMs)} (KSERVE_QUEUE_TIMEOUT)`);
  }
}

function refused(model: RegisteredModel, message: string): RegistryError {
  return new RegistryError("TOO_MANY_IN_FLIGHT", message, {
    metadata: metadataOf(model),
    retryAfterMs,
    failure: { stage: "admit", hint: "Try again, or make fewer concurrent calls." },
  });
}
