import { Cancellation } from "../base/cancellation.ts";
import type { RegisteredModel } from "../registry/model.ts";
import type { ModelKey } from "../registry/model-key.ts";
import type { Predictor } from "../registry/ports.ts";
import type { Readiness } from "../registry/readiness.ts";
import type { Change, Registry } from "../registry/registry.ts";

export interface ReadinessCheckerOptions {
  readonly registry: Registry;
  readonly predictor: Predictor;
  /** How often each model is asked; 0 asks only on demand. */
  readonly intervalMs: number;
  /** How long one check may take. */
  readonly timeoutMs: number;
}

/** Checks spread over the interval, but not more often than this: 10,000 models must not become a flood. */
const minGapMs = 10;
/** With more models than this no connection is kept from one check to the next: each would cost memory all the time. */
const manyModels = 500;
/** New models are asked soon, but ten thousand of them at a start must leave time for calls. */
const newModelGapMs = 4;
/** How many background checks may be under way, so that dead addresses do not pile up. */
const maxUnderWay = 256;

/**
 * Asks every model in turn whether it is ready, evenly spread over the interval, new models first, and notes the
 * answers in the registry. Checks of one model are never under way twice.
 */
export class ReadinessChecker {
  readonly #options: ReadinessCheckerOptions;
  readonly #underWay = new Map<RegisteredModel, Promise<Readiness>>();
  readonly #stopped = new Cancellation<Error>();
  readonly #unsubscribe: () => void;
  readonly #urgent = new Set<ModelKey>();
  /** The models that have answered a prediction. */
  readonly #proven = new WeakSet<RegisteredModel>();
  #turn = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ReadinessCheckerOptions) {
    this.#options = options;
    this.#unsubscribe =
      options.intervalMs === 0
        ? () => {}
        : options.registry.subscribe((changes) => {
            for (const change of changes) if (wantsCheck(change)) this.#urgent.add(change.model.key);
            if (this.#urgent.size > 0) this.#schedule(0);
          });
    if (options.intervalMs > 0) {
      for (const key of options.registry.snapshot.keys) this.#urgent.add(key);
      this.#schedule(0);
    }
  }

  /** Checks a model now, unless its last check is younger than `maxAgeMs`. Unknown models and those that may be asleep are left alone. */
  async check(key: ModelKey, maxAgeMs: number): Promise<void> {
    const { registry } = this.#options;
    const model = registry.snapshot.models.get(key);
    if (model === undefined) return;
    if (registry.mayBeAsleep(model)) return;
    const { checkTime } = registry.readiness(key);
    if (checkTime !== undefined && Date.now() - checkTime.getTime() < maxAgeMs) return;
    await this.#checkNow(model);
  }

  /** Asks a model now, also one that may be asleep. Never throws; a model that is gone cannot be reached. */
  async probe(key: ModelKey): Promise<Readiness> {
    const { registry } = this.#options;
    const model = registry.snapshot.models.get(key);
    if (model === undefined) return { state: "unreachable", reason: "it is not registered", checkTime: new Date() };
    return this.#checkNow(model);
  }

  /**
   * Notes that a model has answered a prediction: it is ready, whatever its server said when it was asked. Some servers
   * load a model with its first prediction, and some do not know the question.
   */
  notePrediction(model: RegisteredModel): void {
    if (this.#proven.has(model) && this.#options.registry.readiness(model.key).state === "ready") return;
    this.#proven.add(model);
    this.#options.registry.setReadiness(model, { state: "ready", reason: "", checkTime: new Date() });
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#unsubscribe();
    this.#stopped.cancel(new Error("the checker was stopped"));
  }

  #checkNow(model: RegisteredModel): Promise<Readiness> {
    const known = this.#underWay.get(model);
    if (known !== undefined) return known;
    const { predictor, registry, timeoutMs } = this.#options;
    const cancellation = new Cancellation<Error>();
    const timer = setTimeout(() => cancellation.cancel(new Error("the readiness check timed out")), timeoutMs);
    const stopWaiting = this.#stopped.onCancel((reason) => cancellation.cancel(reason));
    const check = predictor
      .checkReadiness(model, cancellation, registry.snapshot.keys.length > manyModels)
      .then((answer) => {
        const proven = answer.unanswered === true && this.#proven.has(model);
        const readiness: Readiness = proven ? { state: "ready", reason: "", checkTime: answer.checkTime } : answer;
        if (this.#stopped.reason === undefined) registry.setReadiness(model, readiness);
        return readiness;
      })
      .finally(() => {
        clearTimeout(timer);
        stopWaiting();
        this.#underWay.delete(model);
      });
    this.#underWay.set(model, check);
    return check;
  }

  #schedule(delayMs: number): void {
    if (this.#stopped.reason !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tick(), delayMs);
    this.#timer.unref();
  }

  #tick(): void {
    const { registry, intervalMs } = this.#options;
    const { keys, models } = registry.snapshot;
    if (this.#underWay.size < maxUnderWay) {
      const [urgent] = this.#urgent;
      const key = urgent ?? keys[this.#turn++ % Math.max(1, keys.length)];
      if (urgent !== undefined) this.#urgent.delete(urgent);
      const model = key === undefined ? undefined : models.get(key);
      // Its cluster says how it is; a question would wake it up, and keep it awake.
      if (model !== undefined && !registry.mayBeAsleep(model)) void this.#checkNow(model);
    }
    // Half of the gap is left to chance, so that replicas started together do not ask together.
    const gap = Math.max(minGapMs, intervalMs / Math.max(1, keys.length));
    this.#schedule(this.#urgent.size > 0 ? newModelGapMs : gap * (0.5 + Math.random()));
  }
}

/** Whether what a model's last check said is no longer worth much. */
function wantsCheck(change: Change): boolean {
  switch (change.kind) {
    case "added":
      return true;
    case "changed":
      // One that goes where it went keeps its last check.
      return change.readiness.checkTime === undefined;
    case "readiness":
      // Not a check of ours has changed it, but the word of the cluster.
      return change.readiness.checkTime === change.previous.checkTime;
    default:
      return false;
  }
}
