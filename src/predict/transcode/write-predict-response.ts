import { finishInSlices, inSlices, outOfTurn, type Slices, sliceBytes } from "../../base/in-slices.ts";
import type { ScannedAnswer } from "../answer-body.ts";
import { ByteWriter } from "../json/byte-writer.ts";
import { flatNumber, flattenNumbers } from "./flatten-numbers.ts";
import { ValueEncoder, valueTag, writeVarint } from "./value-encoder.ts";
import { fastPathMiss, varintSize } from "./wire.ts";

/** Tags of PredictResponse. */
const tag = { predictions: 0x0a, tensor: 0x12, body: 0x1a, modelName: 0x22, modelVersion: 0x2a } as const;
const tensorTag = { shape: 0x0a, values: 0x12 } as const;

const OPEN_BRACKET = 0x5b;

/**
 * Writes the bytes of a PredictResponse for predictions, whose syntax has been checked, with no message objects between.
 * Many predictions let others go first now and then; few are written at once.
 *
 * @throws FastPathMiss where the answer says more than its predictions and its model's name and version, or where a tensor would not fit:
 *   the general encoder is to do it
 */
export function writePredictResponseInSlices(
  model: ModelWords,
  answer: ScannedAnswer,
  form: "instances" | "tensor" | "body",
  bytesAtOnce = sliceBytes,
): Buffer | Promise<Buffer> {
  const { predictions, scanner } = answer;
  const isLong = predictions.end - predictions.start > bytesAtOnce && scanner.bytes[predictions.start] === OPEN_BRACKET;
  if (form === "body") return bodyResponse(model, answer.bytes);
  assertNoMore(answer);
  if (form === "tensor") return finishInSlices(tensorResponse(model, answer));
  if (!isLong) return instancesResponse(model, answer);
  const writer = writerFor(model, 3 * (predictions.end - predictions.start));
  const encoder = new ValueEncoder(scanner, writer);
  // How long the predictions are shows when all are written.
  writer.length = headBytes;
  let at = scanner.space(predictions.start + 1);
  return inSlices(() => {
    at = encoder.outerItems(at, at + bytesAtOnce / writingTakes);
    if (at >= 0) throw outOfTurn;
    const size = writer.length - headBytes;
    const head = new ByteWriter(headBytes);
    head.byte(tag.predictions);
    writeVarint(head, 1 + varintSize(size) + size);
    head.byte(valueTag.list);
    writeVarint(head, size);
    const start = headBytes - head.length;
    writer.buffer.set(head.finish(), start);
    writeModel(writer, model);
    return writer.finish().subarray(start);
  });
}

function bodyResponse(model: ModelWords, body: Uint8Array): Buffer {
  const writer = writerFor(model, body.length);
  writer.byte(tag.body);
  writeVarint(writer, body.length);
  writer.bytes(body);
  writeModel(writer, model);
  return writer.finish();
}

function instancesResponse(model: ModelWords, { predictions, scanner }: ScannedAnswer): Buffer {
  const writer = writerFor(model, 3 * (predictions.end - predictions.start));
  const encoder = new ValueEncoder(scanner, writer);
  encoder.field(tag.predictions, () => encoder.value(predictions.start));
  writeModel(writer, model);
  return writer.finish();
}

/** To write a text takes so many times as long as to scan it. */
const writingTakes = 4;

/** What comes before the predictions takes so much at most: two tags and two lengths. */
const headBytes = 12;

/** What an answer says of its model. */
interface ModelWords {
  readonly name: string;
  readonly version: string;
}

/** @param size how many bytes the predictions take, about */
function writerFor({ name, version }: ModelWords, size: number): ByteWriter {
  return new ByteWriter(size + name.length + 3 * version.length + 64);
}

function assertNoMore({ others }: ScannedAnswer): void {
  for (const name of others.keys()) if (name !== "model_name" && name !== "model_version") throw fastPathMiss;
}

function writeModel(writer: ByteWriter, model: ModelWords): void {
  writer.byte(tag.modelName);
  writeVarint(writer, model.name.length);
  writer.text(model.name);
  if (model.version === "") return;
  const version = Buffer.from(model.version);
  writer.byte(tag.modelVersion);
  writeVarint(writer, version.length);
  writer.bytes(version);
}

/** Writes a PredictResponse with predictions as a Tensor. */
function* tensorResponse(model: ModelWords, { scanner, predictions }: ScannedAnswer): Slices<Buffer> {
  const values = new ByteWriter(predictions.end - predictions.start);
  const shape = yield* flattenNumbers(scanner.bytes, predictions.start, (at) => {
    values.double(flatNumber(scanner, at));
    return scanner.numberEnd;
  });
  // Anything but a rectangle of numbers is for the general way to read or to refuse.
  if (shape === undefined) throw fastPathMiss;
  const head = new ByteWriter(128);
  head.byte(tensorTag.shape);
  writeVarint(
    head,
    shape.reduce((bytes, size) => bytes + varintSize(size), 0),
  );
  for (const size of shape) writeVarint(head, size);
  head.byte(tensorTag.values);
  writeVarint(head, values.length);
  const writer = writerFor(model, headBytes + head.length + values.length);
  writer.byte(tag.tensor);
  writeVarint(writer, head.length + values.length);
  writer.bytes(head.finish());
  writer.bytes(values.finish());
  writeModel(writer, model);
  return writer.finish();
}
