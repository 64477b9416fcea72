import { metadataOf, type RegisteredModel } from "../../registry/model.ts";
import type { ModelKey } from "../../registry/model-key.ts";
import type { Readiness } from "../../registry/readiness.ts";
import { RegistryError } from "../../registry/registry-error.ts";
import { Breaker, type BreakerOptions, type BreakerView, closedBreaker } from "./breaker.ts";
import { ReadinessQueue } from "./readiness-queue.ts";
import { type SlotLimits, Slots } from "./slots.ts";

/** The load of one model in this process. */
export interface ModelLoad {
  /** Predictions that are under way. */
  readonly inFlight: number;
  /** Predictions that wait for a slot. */
  readonly queued: number;
  /** Predictions that wait for the model to become ready. */
  readonly waiting: number;
  readonly breaker: BreakerView;
}

/** The load of a model that has not been called. */
export const noLoad: ModelLoad = { inFlight: 0, queued: 0, waiting: 0, breaker: closedBreaker };

export interface BulkheadOptions extends SlotLimits {
  /** After how many transport failures in a row the breaker of an address opens; 0: there is no breaker. */
  readonly breakerFailures: number;
  /** How long a breaker is open before the address is probed. */
  readonly breakerOpenMs: number;
  /** How many predictions of a model may wait for it to become ready. */
  readonly maxWaiting: number;
  /** Asks a model now whether it is ready, and notes the answer in the registry. Never throws. */
  readonly checkReadiness: (key: ModelKey) => Promise<Readiness>;
  /** Is called when the breaker of a model changes its state. */
  readonly onBreakerChange: (key: ModelKey) => void;
}

/** Knative scales a model to zero after 60 s without calls, unless configured shorter. */
const awakeMs = 30_000;

/** When callers should try again while an address is being probed. */
const probingRetryMs = 1000;

/**
 * The resources that each model has of its own, so that it cannot affect others: slots, a breaker, a readiness queue.
 */
export class Bulkhead {
  readonly slots: Slots;
  readonly #key: ModelKey;
  readonly #options: BulkheadOptions;
  readonly #breakerOptions: BreakerOptions;
  /** Only exists from the first transport failure of the address to its next success. */
  #breaker: Breaker | undefined;
  #readinessQueue: ReadinessQueue | undefined;
  #answeredMs = Number.NEGATIVE_INFINITY;

  constructor(key: ModelKey, options: BulkheadOptions) {
    this.slots = new Slots(options);
    this.#key = key;
    this.#options = options;
    this.#breakerOptions = { failures: options.breakerFailures, openMs: options.breakerOpenMs };
  }

  get load(): ModelLoad {
    return {
      inFlight: this.slots.inFlight,
      queued: this.slots.queued,
      waiting: this.#readinessQueue?.size ?? 0,
      breaker: this.#breaker?.view ?? closedBreaker,
    };
  }

  /** Whether calls to the address of a model are let through. */
  isOpenFor(model: RegisteredModel): boolean {
    const breaker = this.#breaker;
    return breaker === undefined || breaker.isClosed || breaker.address !== addressOf(model);
  }

  /**
   * Lets a call through, unless the breaker of its address is open.
   *
   * @throws RegistryError BREAKER_OPEN
   */
  assertOpenFor(model: RegisteredModel): void {
    if (this.#breaker === undefined || this.isOpenFor(model)) return;
    const { consecutiveFailures, nextProbe } = this.#breaker.view;
    const probeInMs = (nextProbe?.getTime() ?? 0) - Date.now();
    throw new RegistryError(
      "BREAKER_OPEN",
      `Model ${model.name} is not called: its last ${consecutiveFailures} calls could not connect or were cut off`,
      {
        metadata: metadataOf(model),
        retryAfterMs: probeInMs > 0 ? Math.ceil(probeInMs) : probingRetryMs,
        unprocessed: true,
        failure: { stage: "admit", hint: "Check that the model is up. It is called again as soon as it answers." },
      },
    );
  }

  /** Whether the model server has answered so recently that it cannot have been scaled to zero since. */
  get isAwake(): boolean {
    return performance.now() - this.#answeredMs < awakeMs;
  }

  /** Notes that the model server answered, whatever it said. */
  answered(): void {
    this.#answeredMs = performance.now();
    if (this.#breaker?.isClosed) this.#breaker = undefined;
  }

  /** Notes that a call could not connect or broke. */
  failed(model: RegisteredModel): void {
    if (this.#breakerOptions.failures === 0) return;
    const address = addressOf(model);
    if (this.#breaker?.address !== address) {
      this.#breaker?.dispose();
      this.#breaker = this.#createBreaker(address);
    }
    this.#breaker.failed();
  }

  /** Where predictions wait for the model to become ready. */
  get readinessQueue(): ReadinessQueue {
    this.#readinessQueue ??= new ReadinessQueue({
      maxWaiting: this.#options.maxWaiting,
      ask: async () => {
        const { state } = await this.#options.checkReadiness(this.#key);
        // The address has answered, so the breaker has nothing left to find out.
        if (state !== "unreachable") this.#closeBreaker();
        return state;
      },
    });
    return this.#readinessQueue;
  }

  /** Ends what goes on in the background, and fails the predictions that wait for the model to become ready. */
  dispose(error: Error): void {
    this.#forgetBreaker();
    this.#readinessQueue?.dismiss(error);
  }

  #createBreaker(address: string): Breaker {
    // Any answer will do: whether the model is ready is for callers to find out.
    const probe = async (): Promise<boolean> => (await this.#options.checkReadiness(this.#key)).state !== "unreachable";
    const breaker: Breaker = new Breaker(address, this.#breakerOptions, probe, () => {
      if (this.#breaker !== breaker) return;
      if (breaker.isClosed) this.#breaker = undefined;
      this.#options.onBreakerChange(this.#key);
    });
    return breaker;
  }

  #forgetBreaker(): void {
    this.#breaker?.dispose();
    this.#breaker = undefined;
  }

  #closeBreaker(): void {
    if (this.#breaker === undefined) return;
    this.#forgetBreaker();
    this.#options.onBreakerChange(this.#key);
  }
}

function addressOf({ address, model }: RegisteredModel): string {
  return `${address.url} ${model}`;
}
