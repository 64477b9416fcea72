import { create } from "@bufbuild/protobuf";
import { type Duration, durationMs } from "@bufbuild/protobuf/wkt";
import { ExaminationStep, StepOutcome } from "../../../gen/kserve/registry/v1/examination_pb.ts";
import {
  type ExamineModelResponse,
  ExamineModelResponseSchema,
} from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import type { Step, StepName } from "../../doctor/examination.ts";
import { invalidField } from "../../registry/registry-error.ts";

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
