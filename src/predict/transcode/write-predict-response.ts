import type { ScannedAnswer } from "../answer-body.ts";
import { ByteWriter } from "../json/byte-writer.ts";
import type { JsonScanner, Span } from "../json/json-scanner.ts";
import { ValueEncoder, writeVarint } from "./value-encoder.ts";
import { fastPathMiss } from "./wire.ts";

/** Tags of PredictResponse. */
const tag = { predictions: 0x0a, tensor: 0x12, body: 0x1a, modelName: 0x22, modelVersion: 0x2a } as const;
const tensorTag = { shape: 0x0a, values: 0x12 } as const;

const MINUS = 0x2d;
const OPEN_BRACKET = 0x5b;

/**
 * Writes the bytes of a PredictResponse for predictions, whose syntax has been checked, with no message objects between.
 *
 * @throws FastPathMiss where the answer says more than its predictions and its model's name and version, or where a tensor would not fit:
 *   the general encoder is to do it
 */
export function writePredictResponse(
  model: { readonly name: string; readonly version: string },
  answer: ScannedAnswer,
  form: "instances" | "tensor" | "body",
): Buffer {
  const { predictions, scanner } = answer;
  const size = form === "body" ? answer.bytes.length : (predictions.end - predictions.start) * 3;
  const writer = new ByteWriter(size + model.name.length + 3 * model.version.length + 64);
  if (form === "body") {
    writer.byte(tag.body);
    writeVarint(writer, answer.bytes.length);
    writer.bytes(answer.bytes);
  } else {
    for (const name of answer.others.keys()) if (name !== "model_name" && name !== "model_version") throw fastPathMiss;
    const encoder = new ValueEncoder(scanner, writer);
    if (form === "instances") encoder.field(tag.predictions, () => encoder.value(predictions.start));
    else encoder.field(tag.tensor, () => writeTensor(encoder, scanner, writer, predictions));
  }
  writer.byte(tag.modelName);
  writeVarint(writer, model.name.length);
  writer.text(model.name);
  if (model.version !== "") {
    const version = Buffer.from(model.version);
    writer.byte(tag.modelVersion);
    writeVarint(writer, version.length);
    writer.bytes(version);
  }
  return writer.finish();
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
