import { assertDecodable } from "../../predict/answer-values.ts";
import { ByteWriter } from "../../predict/json/byte-writer.ts";
import type { JsonScanner } from "../../predict/json/json-scanner.ts";
import type { Prediction } from "../../predict/pipeline.ts";
import { metadataOf } from "../../registry/model.ts";
import { RegistryError } from "../../registry/registry-error.ts";
import { type Datatype, datatypes } from "../../tensors/datatype.ts";
import { noParameters, type Parameters, type Tensor } from "../../tensors/tensor.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const NULL = 0x6e;
const TRUE = 0x74;
const FALSE = 0x66;

/** The output of a model whose server does not name any. */
const unnamedOutput = "output-0";
/** So many names of one prediction, and no more, become outputs of their own. */
const maxOutputs = 1024;
const maxDimensions = 32;

const asText: Parameters = new Map([["content_type", "str"]]);

/**
 * The outputs that predictions of KServe v1 stand for: numbers are FP64, whatever they look like, so that the type does not
 * change with the data, unless all are integers of which FP64 would lose digits; objects with the same names become one output for each name; what is no array of one kind becomes
 * BYTES that hold JSON text. `null` among numbers is NaN.
 *
 * @throws RegistryError PREDICTIONS_NOT_A_TENSOR for a null that has no place, MODEL_BAD_ANSWER for too many values
 */
export function tensorsFromPredictions(prediction: Prediction): readonly Tensor[] {
  const { answer } = prediction;
  const { scanner, predictions } = answer;
  const isList = answer.count !== undefined;
  // What is no list is the one prediction.
  const list = isList
    ? scanner
    : scanner.over(Buffer.concat([opening, answer.bytes.subarray(predictions.start, predictions.end), closing]));
  const start = isList ? predictions.start : 0;
  const end = isList ? predictions.end : list.bytes.byteLength;
  const whole = tensorOf(list, start, end, unnamedOutput, prediction);
  if (whole !== undefined) return [whole];
  assertDecodable(prediction);
  const columns = columnsOf(list, start);
  if (columns === undefined) return [textTensor(list, start, unnamedOutput)];
  return [...columns].map(([name, column]) => {
    column.byte(CLOSE_BRACKET);
    const json = list.over(column.finish());
    return tensorOf(json, 0, json.bytes.byteLength, name, prediction) ?? textTensor(json, 0, name);
  });
}

const opening = Buffer.from("[");
const closing = Buffer.from("]");

/** The kinds of values that one tensor may hold. */
type Kind = "number" | "text" | "boolean";
const datatypeOfKind: Readonly<Record<Kind, Datatype>> = {
  number: datatypes.FP64,
  text: datatypes.BYTES,
  boolean: datatypes.BOOL,
};

/** A list as a tensor; undefined where it is not a rectangular array of one kind. */
function tensorOf(
  scanner: JsonScanner,
  start: number,
  end: number,
  name: string,
  { model }: Prediction,
): Tensor | undefined {
  const { bytes } = scanner;
  const shape: number[] = [];
  let kind: Kind | undefined;
  let hasNull = false;
  let isTensor = true;
  let inexact: IntegerRange | undefined;
  const read = (at: number, dimension: number): number => {
    const byte = bytes[at]!;
    if (byte === OPEN_BRACKET && isTensor) {
      const isFirst = dimension === shape.length;
      if (isFirst && (kind !== undefined || hasNull || shape.length === maxDimensions)) isTensor = false;
      if (isFirst) shape.push(0);
      let size = 0;
      const listEnd = scanner.array(at, 0, (index, itemStart) => {
        size = index + 1;
        return read(itemStart, dimension + 1);
      });
      if (isFirst) shape[dimension] = size;
      else if (shape[dimension] !== size) isTensor = false;
      return listEnd;
    }
    if (dimension !== shape.length) isTensor = false;
    if (byte === NULL) hasNull = true;
    else {
      const found = kindOf(byte);
      if (found === undefined || (kind !== undefined && kind !== found)) isTensor = false;
      kind = found;
    }
    const itemEnd = scanner.value(at, 0);
    if (itemEnd - at >= fewestInexactDigits) inexact = withInteger(inexact, bytes, at, itemEnd);
    return itemEnd;
  };
  read(start, 0);
  if (!isTensor) return undefined;
  if (hasNull && kind !== undefined && kind !== "number") {
    throw new RegistryError(
      "PREDICTIONS_NOT_A_TENSOR",
      `The predictions of ${name} hold null among values of another kind than numbers, for which a tensor has no place. Ask at /v1 to get them as they are.`,
      { metadata: metadataOf(model) },
    );
  }
  const json = bytes.subarray(start, end);
  const datatype = inexact && kind === "number" ? integerDatatype(inexact, json) : datatypeOfKind[kind ?? "number"];
  return { name, datatype, shape, parameters: noParameters, data: { json } };
}

/** Between which integers those lie of which FP64 loses digits. */
interface IntegerRange {
  readonly min: bigint;
  readonly max: bigint;
}

/** 2^53 has as many. */
const fewestInexactDigits = 16;
/** No datatype has more, with a sign. */
const mostDigits = 20;

/** A range that takes in a number, too, where FP64 loses digits of it. */
function withInteger(
  range: IntegerRange | undefined,
  bytes: Uint8Array,
  start: number,
  end: number,
): IntegerRange | undefined {
  if (end - start > mostDigits || !isDigits(bytes, bytes[start] === MINUS ? start + 1 : start, end)) return range;
  const value = BigInt(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1"));
  if (Number.isSafeInteger(Number(value))) return range;
  if (range === undefined) return { min: value, max: value };
  return { min: value < range.min ? value : range.min, max: value > range.max ? value : range.max };
}

function isDigits(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at]! < 0x30 || bytes[at]! > 0x39) return false;
  return true;
}

/** What holds all digits of a list of numbers: FP64 where any of them is no integer, or too large for the others. */
function integerDatatype({ min, max }: IntegerRange, json: Uint8Array): Datatype {
  const text = Buffer.from(json.buffer, json.byteOffset, json.byteLength);
  // Of a point, an exponent, null, NaN and Infinity one byte is enough.
  if ([".", "e", "E", "n", "N", "I"].some((mark) => text.includes(mark))) return datatypes.FP64;
  const fits = ({ range }: Datatype) => range !== undefined && min >= range.min && max <= range.max;
  if (fits(datatypes.INT64)) return datatypes.INT64;
  return fits(datatypes.UINT64) && !text.includes("-") ? datatypes.UINT64 : datatypes.FP64;
}

function kindOf(byte: number): Kind | undefined {
  switch (byte) {
    case QUOTE:
      return "text";
    case TRUE:
    case FALSE:
      return "boolean";
    case OPEN_BRACE:
      return undefined;
    default:
      return byte === OPEN_BRACKET ? undefined : "number";
  }
}

/** Of objects with the same names, the values of each name as the begun text of a list; undefined for anything else. */
function columnsOf(scanner: JsonScanner, start: number): ReadonlyMap<string, ByteWriter> | undefined {
  const { bytes } = scanner;
  const columns = new Map<string, ByteWriter>();
  let fits = true;
  scanner.array(start, 0, (index, at) => {
    if (!fits || bytes[at] !== OPEN_BRACE) {
      fits = false;
      return scanner.value(at, 0);
    }
    const seen = new Set<string>();
    const end = scanner.object(at, 0, (name, valueStart) => {
      const valueEnd = scanner.value(valueStart, 0);
      let column = columns.get(name);
      if (column === undefined && index === 0 && columns.size < maxOutputs) {
        column = new ByteWriter(64);
        columns.set(name, column);
      }
      if (column === undefined || seen.has(name)) {
        fits = false;
        return valueEnd;
      }
      seen.add(name);
      column.byte(index === 0 ? OPEN_BRACKET : COMMA);
      column.bytes(bytes, valueStart, valueEnd);
      return valueEnd;
    });
    if (seen.size !== columns.size) fits = false;
    return end;
  });
  return fits && columns.size > 0 ? columns : undefined;
}

/** The items of a list as texts that hold JSON. */
function textTensor(scanner: JsonScanner, start: number, name: string): Tensor {
  const { bytes } = scanner;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const json = new ByteWriter(bytes.byteLength);
  let count = 0;
  json.byte(OPEN_BRACKET);
  scanner.array(start, 0, (index, at) => {
    count = index + 1;
    if (index > 0) json.byte(COMMA);
    const end = scanner.value(at, 0);
    json.text(JSON.stringify(buffer.toString("utf8", at, end)));
    return end;
  });
  json.byte(CLOSE_BRACKET);
  return { name, datatype: datatypes.BYTES, shape: [count], parameters: asText, data: { json: json.finish() } };
}
