import { create } from "@bufbuild/protobuf";
import { type Duration, durationMs } from "@bufbuild/protobuf/wkt";
import { ExaminationStep, StepOutcome } from "../../../gen/kserve/registry/v1/examination_pb.ts";
import {
  type ExamineModelResponse,
  ExamineModelResponseSchema,
} from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import type { Step, StepName } from "../../doctor/examination.ts";
import { metadataOf, type RegisteredModel } from "../../registry/model.ts";
import type { ModelKey } from "../../registry/model-key.ts";
import { invalidField, RegistryError } from "../../registry/registry-error.ts";

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
        ? `${this.#max} models are being examined, the maximum (KSERVE_MAX_EXAMINATIONS)`
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

const defaultStepMs = 5000;
const longestStepMs = 30_000;

const steps: Readonly<Record<StepName, ExaminationStep>> = {
  dns: ExaminationStep.DNS,
  connect: ExaminationStep.CONNECT,
  tls: ExaminationStep.TLS,
  ready: ExaminationStep.READY,
  path: ExaminationStep.PATH,
  predict: ExaminationStep.PREDICT,
  version: ExaminationStep.VERSION,
};
const outcomes: Readonly<Record<Step["outcome"], StepOutcome>> = {
  ok: StepOutcome.OK,
  failed: StepOutcome.FAILED,
  skipped: StepOutcome.SKIPPED,
};

/** How long each step of an examination may take, in milliseconds. @throws RegistryError INVALID_REQUEST */
export function stepTimeoutMs(asked: Duration | undefined): number {
  if (asked === undefined) return defaultStepMs;
  const ms = durationMs(asked);
  if (!(ms > 0 && ms <= longestStepMs)) throw invalidField("step_timeout", "must be more than 0 and at most 30s");
  return ms;
}

/** A step as the contract has it. */
export function stepToMessage({ name, outcome, ms, detail, hint = "" }: Step): ExamineModelResponse {
  const duration = { seconds: BigInt(Math.floor(ms / 1000)), nanos: Math.round((ms % 1000) * 1e6) };
  return create(ExamineModelResponseSchema, { step: steps[name], outcome: outcomes[outcome], duration, detail, hint });
}
