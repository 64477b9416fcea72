import { yieldIfBusy } from "../base/yield-if-busy.ts";
import type { Evaluation, Verdict } from "../predict/evaluate.ts";
import type { TriggeredModel } from "../predict/evaluate-triggers.ts";
import { ByteWriter } from "../predict/json/byte-writer.ts";
import type { Span } from "../predict/json/json-scanner.ts";
import { writeJsonValue } from "../predict/transcode/write-json-value.ts";

/** What a verdict says beside the prediction, its value and the label. It is the same for all that agree on the threshold. */
export type RestOfVerdict = (verdict: Verdict) => object;

const openVerdict = Buffer.from('{"prediction":');
const value = Buffer.from(',"value":');
const COMMA = 0x2c;
const CLOSE_BRACE = 0x7d;

/** About how much a verdict takes beside its values, in bytes. */
const usualRest = 128;

/**
 * Writes the verdicts on all predictions of a model as JSON text, from the bytes of its answer, with no objects between.
 *
 * @param restOf what verdicts say besides, as JSON has it
 */
export function evaluationJson(evaluation: Evaluation, modelVersion: string, restOf: RestOfVerdict): Buffer {
  const { model, scanner, verdicts } = evaluation;
  const writer = new ByteWriter(2 * scanner.bytes.length + verdicts.length * usualRest);
  const version = modelVersion === "" ? "" : `,"modelVersion":${JSON.stringify(modelVersion)}`;
  writer.text(`{"modelName":${JSON.stringify(model.name)}${version},"verdicts":[`);
  const verdictJson = new VerdictJson(writer, evaluation, restOf);
  for (const [i, verdict] of verdicts.entries()) {
    if (i > 0) writer.byte(COMMA);
    verdictJson.write(verdict);
  }
  writer.text("]}");
  return writer.finish();
}

/**
 * Writes the models whose triggers fire as JSON text, one after the other, so that others get their turn in between.
 *
 * @param memberOf all of a model but its verdict, as JSON has it
 */
export async function triggeredJson(
  models: readonly TriggeredModel[],
  memberOf: (model: TriggeredModel) => object,
  restOf: RestOfVerdict,
): Promise<Buffer> {
  const writer = new ByteWriter(models.length * usualRest);
  writer.text('{"models":[');
  for (const [i, triggered] of models.entries()) {
    if (i > 0) writer.byte(COMMA);
    const member = JSON.stringify(memberOf(triggered));
    const { outcome } = triggered;
    if (outcome.kind === "evaluation") {
      writer.text(`${member.slice(0, -1)},"verdict":`);
      // A row of samples is one instance, so there is one verdict.
      new VerdictJson(writer, outcome.evaluation, restOf).write(outcome.evaluation.verdicts[0]!);
      writer.byte(CLOSE_BRACE);
    } else {
      writer.text(member);
    }
    const pause = yieldIfBusy();
    if (pause !== undefined) await pause;
  }
  writer.text("]}");
  return writer.finish();
}

class VerdictJson {
  readonly #writer: ByteWriter;
  readonly #evaluation: Evaluation;
  readonly #restOf: RestOfVerdict;
  readonly #labels = new Map<string, Uint8Array>();
  readonly #rests = new Map<boolean, Uint8Array>();

  constructor(writer: ByteWriter, evaluation: Evaluation, restOf: RestOfVerdict) {
    this.#writer = writer;
    this.#evaluation = evaluation;
    this.#restOf = restOf;
  }

  write(verdict: Verdict): void {
    const writer = this.#writer;
    writer.bytes(openVerdict);
    this.#value(verdict.prediction);
    writer.bytes(value);
    this.#value(verdict.value);
    if (verdict.label !== undefined) writer.bytes(this.#label(verdict.label));
    writer.bytes(this.#rest(verdict));
  }

  #value(span: Span): void {
    const { scanner, hasNonFinite } = this.#evaluation;
    writeJsonValue(this.#writer, scanner, span, hasNonFinite);
  }

  #label(label: string): Uint8Array {
    let written = this.#labels.get(label);
    if (written === undefined) {
      written = Buffer.from(`,"label":${JSON.stringify(label)}`);
      this.#labels.set(label, written);
    }
    return written;
  }

  /** The members behind the label, and the end of the object. */
  #rest(verdict: Verdict): Uint8Array {
    let written = this.#rests.get(verdict.thresholdCrossed);
    if (written === undefined) {
      const members = JSON.stringify(this.#restOf(verdict)).slice(1);
      written = Buffer.from(members === "}" ? members : `,${members}`);
      this.#rests.set(verdict.thresholdCrossed, written);
    }
    return written;
  }
}
