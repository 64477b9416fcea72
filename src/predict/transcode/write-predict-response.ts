import { inSlices, outOfTurn, sliceBytes } from "../../base/in-slices.ts";
import type { ScannedAnswer } from "../answer-body.ts";
import { ByteWriter } from "../json/byte-writer.ts";
import type { JsonScanner, Span } from "../json/json-scanner.ts";
import { ValueEncoder, valueTag, writeVarint } from "./value-encoder.ts";
import { fastPathMiss, varintSize } from "./wire.ts";

/** Tags of PredictResponse. */
const tag = { predictions: 0x0a, tensor: 0x12, body: 0x1a, modelName: 0x22, modelVersion: 0x2a } as const;
const tensorTag = { shape: 0x0a, values: 0x12 } as const;

const MINUS = 0x2d;
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
  if (form !== "instances" || !isLong) return writePredictResponse(model, answer, form);
  assertNoMore(answer);
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

function writePredictResponse(model: ModelWords, answer: ScannedAnswer, form: "instances" | "tensor" | "body"): Buffer {
  const { predictions, scanner } = answer;
  const writer = writerFor(model, form === "body" ? answer.bytes.length : 3 * (predictions.end - predictions.start));
  if (form === "body") {
    writer.byte(tag.body);
    writeVarint(writer, answer.bytes.length);
    writer.bytes(answer.bytes);
  } else {
    assertNoMore(answer);
    const encoder = new ValueEncoder(scanner, writer);
    if (form === "instances") encoder.field(tag.predictions, () => encoder.value(predictions.start));
    else encoder.field(tag.tensor, () => writeTensor(encoder, scanner, writer, predictions));
  }
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

/** Writes the fields of a Tensor. Returns where the predictions end. */
function writeTensor(encoder: ValueEncoder, scanner: JsonScanner, writer: ByteWriter, predictions: Span): number {
  const { bytes } = scanner;
  const shape: number[] = [];
  const values: number[] = [];
  const read = (start: number, dimension: number): number => {
    const byte = bytes[start]!;
    if (byte !== OPEN_BRACKET) {
      // Anything but a number is for the general way to read or to refuse.
      if (dimension !== shape.length || !((byte >= 0x30 && byte <= 0x39) || byte === MINUS)) throw fastPathMiss;
      const value = scanner.number(start);
      if (!Number.isFinite(value)) throw fastPathMiss;
      values.push(value);
      return scanner.numberEnd;
    }
    if (values.length > 0 && dimension >= shape.length) throw fastPathMiss;
    const first = dimension === shape.length;
    if (first) shape.push(0);
    let size = 0;
    const end = encoder.items(start, (itemStart) => {
      size++;
      return read(itemStart, dimension + 1);
    });
    if (first) shape[dimension] = size;
    else if (shape[dimension] !== size) throw fastPathMiss;
    return end;
  };
  const end = read(predictions.start, 0);
  if (shape.length === 0 || values.length === 0) throw fastPathMiss;
  encoder.field(tensorTag.shape, () => {
    for (const size of shape) writeVarint(writer, size);
    return 0;
  });
  writer.byte(tensorTag.values);
  writeVarint(writer, values.length * 8);
  for (const value of values) writer.double(value);
  return end;
}
