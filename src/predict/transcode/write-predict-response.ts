import { finishInSlices, type Slices, sliceBytes } from "../../base/in-slices.ts";
import { hasExtra, isExtra, type ScannedAnswer } from "../answer-body.ts";
import { ByteWriter } from "../json/byte-writer.ts";
import { flatNumber, flattenNumbers } from "./flatten-numbers.ts";
import { LongValueEncoder } from "./long-value-encoder.ts";
import { ValueEncoder } from "./value-encoder.ts";
import { fastPathMiss } from "./wire.ts";

/** Tags of PredictResponse. */
const tag = { predictions: 0x0a, tensor: 0x12, body: 0x1a, modelName: 0x22, modelVersion: 0x2a, extra: 0x32 } as const;
const tensorTag = { shape: 0x0a, values: 0x12 } as const;

/**
 * Writes the bytes of a PredictResponse for predictions, whose syntax has been checked, with no message objects between.
 * Many predictions let others go first now and then; few are written at once.
 *
 * @throws FastPathMiss where the predictions are not the tensor that was asked for, or nested too deep: the general encoder is to do it
 * @throws RegistryError MODEL_BAD_ANSWER where a long answer is nested too deep
 */
export function writePredictResponseInSlices(
  model: ModelWords,
  answer: ScannedAnswer,
  form: "instances" | "tensor" | "body",
  bytesAtOnce = sliceBytes,
): Buffer | Promise<Buffer> {
  if (form === "body") return bodyResponse(model, answer.bytes);
  if (form === "tensor") return finishInSlices(tensorResponse(model, answer, bytesAtOnce));
  if (answer.bytes.length <= bytesAtOnce) return instancesResponse(model, answer);
  return finishInSlices(longInstancesResponse(model, answer, bytesAtOnce));
}

/** A PredictResponse of many predictions, or with a lot of other members. */
function* longInstancesResponse(model: ModelWords, answer: ScannedAnswer, bytesAtOnce: number): Slices<Buffer> {
  const encoder = new LongValueEncoder(answer.scanner, bytesAtOnce);
  encoder.open(tag.predictions);
  yield* encoder.value(answer.predictions.start);
  encoder.close();
  yield* writeRest(encoder, model, answer);
  return yield* encoder.finish();
}

/** Writes what follows the output of a PredictResponse. */
function* writeRest(encoder: LongValueEncoder, model: ModelWords, { others }: ScannedAnswer): Slices<void> {
  writeModel(encoder.writer, model);
  if (!hasExtra(others)) return;
  encoder.open(tag.extra);
  for (const [name, { start }] of others) if (isExtra(name)) yield* encoder.member(name, start);
  encoder.close();
}

function bodyResponse(model: ModelWords, body: Uint8Array): Buffer {
  const writer = writerFor(model, body.length);
  writer.byte(tag.body);
  writer.varint(body.length);
  writer.bytes(body);
  writeModel(writer, model);
  return writer.finish();
}

function instancesResponse(model: ModelWords, { predictions, scanner, others }: ScannedAnswer): Buffer {
  const writer = writerFor(model, 3 * (predictions.end - predictions.start));
  const encoder = new ValueEncoder(scanner, writer);
  encoder.field(tag.predictions, () => encoder.value(predictions.start));
  writeModel(writer, model);
  if (hasExtra(others)) {
    encoder.field(tag.extra, () => {
      for (const [name, { start }] of others) if (isExtra(name)) encoder.member(name, start);
      return 0;
    });
  }
  return writer.finish();
}

/** What an answer says of its model. */
interface ModelWords {
  readonly name: string;
  readonly version: string;
}

/** @param size how many bytes the predictions take, about */
function writerFor({ name, version }: ModelWords, size: number): ByteWriter {
  return new ByteWriter(size + name.length + 3 * version.length + 64);
}

function writeModel(writer: ByteWriter, model: ModelWords): void {
  writer.byte(tag.modelName);
  writer.varint(model.name.length);
  writer.text(model.name);
  if (model.version === "") return;
  const version = Buffer.from(model.version);
  writer.byte(tag.modelVersion);
  writer.varint(version.length);
  writer.bytes(version);
}

/** Writes a PredictResponse with predictions as a Tensor. Its shape, which shows last, stands behind its values. */
function* tensorResponse(model: ModelWords, answer: ScannedAnswer, bytesAtOnce: number): Slices<Buffer> {
  const { scanner, predictions } = answer;
  const expectedBytes = 2 * (predictions.end - predictions.start) + model.name.length + 128;
  const encoder = new LongValueEncoder(scanner, bytesAtOnce, expectedBytes);
  encoder.open(tag.tensor);
  encoder.open(tensorTag.values);
  const shape = yield* flattenNumbers(scanner.bytes, predictions.start, (at) => {
    encoder.double(flatNumber(scanner, at));
    return scanner.numberEnd;
  });
  // Anything but a rectangle of numbers is for the general way to read or to refuse.
  if (shape === undefined) throw fastPathMiss;
  encoder.close();
  encoder.open(tensorTag.shape);
  for (const size of shape) encoder.writer.varint(size);
  encoder.close();
  encoder.close();
  yield* writeRest(encoder, model, answer);
  return yield* encoder.finish();
}
