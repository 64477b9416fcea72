import type { Cancellation } from "../../base/cancellation.ts";
import type { BytesHolder } from "../../registry/bytes-holder.ts";
import type { MemoryBudget } from "../../registry/memory-budget.ts";

/** The size limit of an answer, and the call that it counts for. */
export interface AnswerLimits {
  readonly maxResponseBytes: number;
  readonly cancellation: Cancellation<Error>;
  readonly memory?: MemoryBudget;
  readonly holder?: BytesHolder | undefined;
}

/** The size limit of answers about a model or its server, both compressed and decompressed. */
export const maxDescriptionBytes = 1024 * 1024;
/** The size limit of answers to readiness checks, of which hundreds are under way at a time. */
export const maxReadinessBytes = 128 * 1024;

/** The error of an answer above its limit. */
export function answerTooLarge(): Error {
  return Object.assign(new Error("the answer is too large"), { code: "ERR_ANSWER_TOO_LARGE" });
}
