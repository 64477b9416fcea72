import type { Step } from "../../doctor/examination.ts";
import { metadataOf, type RegisteredModel } from "../../registry/model.ts";
import type { ModelKey } from "../../registry/model-key.ts";
import { RegistryError } from "../../registry/registry-error.ts";

/** Goes the way of a prediction to a model, and yields each step when it ends. Each may take `timeoutMs`. */
export type Examine = (model: RegisteredModel, timeoutMs: number) => AsyncIterable<Step>;

/** When it is worth asking again, in milliseconds: most examinations have ended by then. */
const retryAfterMs = 1000;

/** The examinations that go on. Each opens connections and makes a prediction, so they are few. */
export class Examinations {
  readonly #examine: Examine;
  readonly #max: number;
  readonly #models = new Set<ModelKey>();

  constructor(examine: Examine, max: number) {
    this.#examine = examine;
    this.#max = max;
  }

  /** Examines a model. @throws RegistryError TOO_MANY_IN_FLIGHT */
  async *of(model: RegisteredModel, timeoutMs: number): AsyncGenerator<Step> {
    const tooMany = this.#models.has(model.key)
      ? `${model.name} is being examined`
      : this.#models.size >= this.#max
        ? `${this.#max} models are being examined, which is the most (KSERVE_MAX_EXAMINATIONS)`
        : undefined;
    if (tooMany !== undefined) {
      throw new RegistryError("TOO_MANY_IN_FLIGHT", `${tooMany}; try again when that has ended`, {
        retryAfterMs,
        metadata: metadataOf(model),
      });
    }
    this.#models.add(model.key);
    try {
      yield* this.#examine(model, timeoutMs);
    } finally {
      this.#models.delete(model.key);
    }
  }
}
