import { asBuffer } from "../../base/as-buffer.ts";
import { finishInSlices, type Slices, sliceBytes } from "../../base/in-slices.ts";
import { hasExtra, isExtra, type ScannedAnswer } from "../../predict/answer-body.ts";
import { ByteWriter } from "../../predict/json/byte-writer.ts";
import { flatNumber, flattenNumbers } from "../../predict/transcode/flatten-numbers.ts";
import { maxMessageDepth, safeJsonDepth } from "../../predict/transcode/message-depth.ts";
import { jsonValueInSlices } from "../../predict/transcode/write-json-value.ts";

const COMMA = 0x2c;
const CLOSE_BRACKET = 0x5d;
const SMALL_N = 0x6e;

/** The fields of an answer that describe its model. */
export interface ModelWords {
  readonly name: string;
  /** Empty where the model server gives none. */
  readonly version: string;
}

/**
 * A PredictResponse in Connect's JSON; a long one in slices. Undefined where a tensor was requested and the predictions
 * are none: the general path reports why.
 *
 * @param bytesAtOnce how much is copied in a slice
 * @throws RegistryError MODEL_BAD_ANSWER where a value is nested too deep for messages
 */
export function writeJsonAnswer(
  model: ModelWords,
  answer: ScannedAnswer,
  form: "instances" | "tensor" | "body",
  bytesAtOnce = sliceBytes,
): Uint8Array | undefined | Promise<Uint8Array | undefined> {
  const { bytes, predictions, others } = answer;
  if (form === "body") return response("body", [Buffer.from(`"${base64(bytes)}"`, "latin1")], model);
  if (form === "tensor") return finishInSlices(tensorResponse(model, answer, bytesAtOnce));
  if (mayBeCopied(answer) && !hasExtra(others)) {
    return response("predictions", [bytes.subarray(predictions.start, predictions.end)], model);
  }
  return finishInSlices(instancesResponse(model, answer, bytesAtOnce));
}

/** Whether values can be copied as JSON, and are certainly not nested too deep for messages. */
function mayBeCopied({ hasNonFinite, scanner }: ScannedAnswer): boolean {
  return !hasNonFinite && scanner.deepest < safeJsonDepth;
}

function* instancesResponse(model: ModelWords, answer: ScannedAnswer, bytesAtOnce: number): Slices<Uint8Array> {
  const { bytes, scanner, predictions } = answer;
  let value: Uint8Array;
  if (mayBeCopied(answer)) {
    value = bytes.subarray(predictions.start, predictions.end);
  } else {
    const writer = new ByteWriter(predictions.end - predictions.start);
    yield* jsonValueInSlices(writer, scanner, predictions, maxMessageDepth, bytesAtOnce);
    value = writer.finish();
  }
  const extra = yield* extraJson(answer, bytesAtOnce);
  return response("predictions", [value], model, extra);
}

function response(
  field: keyof typeof openings,
  value: readonly Uint8Array[],
  { name, version }: ModelWords,
  extra?: Uint8Array,
): Uint8Array {
  const modelVersion = version === "" ? "" : `,"modelVersion":${JSON.stringify(version)}`;
  const words = `,"modelName":${JSON.stringify(name)}${modelVersion}`;
  if (extra === undefined) return Buffer.concat([openings[field], ...value, Buffer.from(`${words}}`)]);
  return Buffer.concat([openings[field], ...value, Buffer.from(words), extra, closeBrace]);
}

const openings = {
  predictions: Buffer.from('{"predictions":'),
  tensor: Buffer.from('{"tensor":'),
  body: Buffer.from('{"body":'),
};
const closeBrace = Buffer.from("}");

/** The further members of a model's answer, as a member of the response; undefined where there are none. */
function* extraJson({ scanner, others }: ScannedAnswer, bytesAtOnce: number): Slices<Uint8Array | undefined> {
  if (!hasExtra(others)) return undefined;
  const writer = new ByteWriter(256);
  let sliceEnd = bytesAtOnce;
  for (const [name, value] of others) {
    if (!isExtra(name)) continue;
    writer.text(`${writer.length === 0 ? openExtra : ","}${JSON.stringify(name)}:`);
    yield* jsonValueInSlices(writer, scanner, value, maxMessageDepth, bytesAtOnce);
    if (writer.length < sliceEnd) continue;
    sliceEnd = writer.length + bytesAtOnce;
    yield;
  }
  writer.bytes(closeBrace);
  return writer.finish();
}

const openExtra = ',"extra":{';

function base64(bytes: Uint8Array): string {
  return asBuffer(bytes).toString("base64");
}

/** Predictions as a Tensor, finite numbers copied; undefined unless they are rectangular. */
function* tensorResponse(
  model: ModelWords,
  answer: ScannedAnswer,
  bytesAtOnce: number,
): Slices<Uint8Array | undefined> {
  const { bytes, scanner, predictions, hasNonFinite } = answer;
  const values = new ByteWriter(predictions.end - predictions.start);
  const shape = yield* flattenNumbers(bytes, predictions.start, (start) => {
    if (values.length > 0) values.byte(COMMA);
    if (hasNonFinite || bytes[start] === SMALL_N) {
      const number = flatNumber(scanner, start);
      if (!Number.isFinite(number)) {
        values.text(`"${number}"`);
        return scanner.numberEnd;
      }
    }
    let at = start + 1;
    while (isInNumber(bytes[at]!)) at++;
    values.bytes(bytes, start, at);
    return at;
  });
  if (shape === undefined) return undefined;
  const extra = yield* extraJson(answer, bytesAtOnce);
  const head = Buffer.from(`{"shape":[${shape.join(",")}],"values":[`);
  return response("tensor", [head, values.finish(), closeValues], model, extra);
}

const closeValues = Buffer.from("]}");

/** Whether a byte belongs to a number whose syntax has been checked: it is not a comma, bracket or white space. */
function isInNumber(byte: number): boolean {
  return byte > 0x20 && byte !== COMMA && byte !== CLOSE_BRACKET;
}
