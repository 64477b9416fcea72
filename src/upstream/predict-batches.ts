import { badAnswer } from "../registry/bad-answer.ts";
import type { MemoryBudget } from "../registry/memory-budget.ts";
import type { AnswerForm, UpstreamAnswer, UpstreamCall } from "../registry/ports.ts";
import { inferenceHint } from "../tensors/by-server.ts";
import { joinPredictions } from "../tensors/rows/join-predictions.ts";
import { tooLarge } from "../tensors/rows/nested-json.ts";
import type { RowBatch } from "../tensors/rows/split-rows.ts";
import type { PredictionsBody } from "../tensors/rows/tensors-to-predictions.ts";

/** The predictions of one batch. */
export interface BatchAnswer extends Pick<UpstreamAnswer, "status" | "attempts"> {
  readonly predictions: PredictionsBody;
}

/** What bounds the answers of a call. */
export interface BatchLimits {
  readonly maxResponseBytes: number;
  readonly memory: MemoryBudget;
}

/** What tensors become. */
const form: AnswerForm = { keys: ["predictions"], hint: inferenceHint };

/**
 * Gets the predictions of all batches of a call, one batch after the other, so that a call of many rows is never more than
 * one at a time for its server.
 *
 * @param predict gets those of one batch
 * @throws RegistryError
 */
export async function predictBatches(
  { model, holder }: UpstreamCall,
  batches: Iterable<RowBatch>,
  { maxResponseBytes, memory }: BatchLimits,
  predict: (batch: RowBatch) => Promise<BatchAnswer>,
): Promise<UpstreamAnswer> {
  const answers: BatchAnswer[] = [];
  let bytes = 0;
  let attempts = 1;
  for (const batch of batches) {
    const answer = await predict(batch);
    answers.push(answer);
    bytes += answer.predictions.bytes.byteLength;
    // Those of one batch each are not retries.
    attempts += answer.attempts - 1;
    if (holder !== undefined) memory.takeAtLeast(holder, bytes);
    if (bytes > maxResponseBytes && answers.length > 1) {
      throw badAnswer(model, tooLarge(maxResponseBytes).message, { attempts, hint: inferenceHint });
    }
  }
  const [{ status, predictions }] = answers as [BatchAnswer];
  if (answers.length === 1) return { status, form, body: predictions.bytes, numbers: predictions.numbers, attempts };
  return { status, form, body: joinPredictions(answers.map((answer) => answer.predictions)), attempts };
}
