import type { RegisteredModel } from "../registry/model.ts";

/** The way of a prediction. A step that fails leaves nothing to try for those behind it. */
export const waySteps = ["dns", "connect", "tls", "ready", "path", "predict"] as const;

/** What is tried, in this order: at the end, whatever came of the others, a linked version where there is one. */
export const stepNames = [...waySteps, "version"] as const;
export type StepName = (typeof stepNames)[number];

/** What came of one step. */
export interface Step {
  readonly name: StepName;
  readonly outcome: "ok" | "failed" | "skipped";
  /** 0 for one that was skipped. */
  readonly ms: number;
  /** What was found, or why it was skipped. */
  readonly detail: string;
  /** What to change, where it failed. */
  readonly hint?: string;
}

/** All steps of one model. */
export interface Examination {
  readonly model: RegisteredModel;
  readonly healthy: boolean;
  readonly steps: readonly Step[];
}

/** A step that failed, with what to change. */
export class Finding extends Error {
  readonly hint: string;

  constructor(detail: string, hint: string) {
    super(detail);
    this.name = "Finding";
    this.hint = hint;
  }
}

/** A step that there is nothing to try for. */
export class NothingToTry extends Error {}
