import { create, toBinary, toJson } from "@bufbuild/protobuf";
import {
  EvaluateModelResponseSchema,
  TriggeredModelSchema,
  VerdictSchema,
} from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { yieldIfBusy } from "../../base/yield-if-busy.ts";
import type { Evaluation, Verdict } from "../../predict/evaluate.ts";
import type { TriggeredModel } from "../../predict/evaluate-triggers.ts";
import { ByteWriter } from "../../predict/json/byte-writer.ts";
import { safeJsonDepth } from "../../predict/transcode/message-depth.ts";
import { ValueEncoder } from "../../predict/transcode/value-encoder.ts";
import { restOfVerdictToMessage, triggeredModelToMessage } from "../rpc/evaluation-messages.ts";

/** Tags of the messages around verdicts, and of those fields of a Verdict that are written here. */
const tag = {
  verdictOfModel: 0x1a,
  models: 0x0a,
  verdictOfTriggered: 0x22,
  prediction: 0x0a,
  value: 0x12,
  label: 0x1a,
};

/** The usual size of a verdict besides its values, in bytes. */
const usualRest = 64;

/**
 * Writes the bytes of an EvaluateModelResponse from the bytes of the model's answer, without message objects for
 * verdicts.
 *
 * @throws FastPathMiss where the general encoder has to do it
 */
export function writeEvaluation(evaluation: Evaluation, modelVersion: string): Buffer {
  const { model, scanner, verdicts } = evaluation;
  const head = create(EvaluateModelResponseSchema, { modelName: model.name, modelVersion });
  const writer = new ByteWriter(4 * scanner.bytes.length + verdicts.length * usualRest);
  writer.bytes(toBinary(EvaluateModelResponseSchema, head));
  const encoder = new VerdictEncoder(writer, evaluation);
  for (const verdict of verdicts) encoder.write(tag.verdictOfModel, verdict);
  return writer.finish();
}

/**
 * Writes the bytes of an EvaluateTriggersResponse model by model, so that others get their turn.
 *
 * @throws FastPathMiss where the general encoder has to do it
 */
export async function writeTriggered(models: readonly TriggeredModel[]): Promise<Buffer> {
  const writer = new ByteWriter(models.length * usualRest);
  for (const triggered of models) {
    writeTriggeredModel(writer, triggered);
    const pause = yieldIfBusy();
    if (pause !== undefined) await pause;
  }
  return writer.finish();
}

function writeTriggeredModel(writer: ByteWriter, triggered: TriggeredModel): void {
  const { outcome } = triggered;
  const member = toBinary(TriggeredModelSchema, triggeredModelToMessage(triggered));
  const verdict = new ByteWriter(usualRest);
  if (outcome.kind === "evaluation") {
    // A row of samples is one instance, so there is one verdict.
    new VerdictEncoder(verdict, outcome.evaluation).write(tag.verdictOfTriggered, outcome.evaluation.verdicts[0]!);
  }
  writer.byte(tag.models);
  writer.varint(member.length + verdict.length);
  writer.bytes(member);
  writer.bytes(verdict.finish());
}

/** Whether the values of an answer are nested no deeper than messages may be. */
export function fitsMessages({ scanner }: Evaluation): boolean {
  return scanner.deepest < safeJsonDepth;
}

/** The fields of a verdict besides its values and label, in Connect's JSON. */
export function restOfVerdictToMessageJson(verdict: Verdict): object {
  return toJson(VerdictSchema, restOfVerdictToMessage(verdict)) as object;
}

/**
 * Writes a Verdict. The fields behind the label have only two different values within one answer, so each is encoded
 * once.
 */
class VerdictEncoder {
  readonly #writer: ByteWriter;
  readonly #values: ValueEncoder;
  readonly #rests = new Map<boolean, Uint8Array>();

  constructor(writer: ByteWriter, { scanner }: Evaluation) {
    this.#writer = writer;
    this.#values = new ValueEncoder(scanner, writer);
  }

  write(fieldTag: number, verdict: Verdict): void {
    const values = this.#values;
    values.field(fieldTag, () => {
      values.field(tag.prediction, () => values.value(verdict.prediction.start));
      values.field(tag.value, () => values.value(verdict.value.start));
      if (verdict.label !== undefined) values.string(tag.label, verdict.label);
      this.#writer.bytes(this.#rest(verdict));
      return 0;
    });
  }

  #rest(verdict: Verdict): Uint8Array {
    let written = this.#rests.get(verdict.thresholdCrossed);
    if (written === undefined) {
      written = toBinary(VerdictSchema, restOfVerdictToMessage(verdict));
      this.#rests.set(verdict.thresholdCrossed, written);
    }
    return written;
  }
}
