import { asBuffer } from "../../base/as-buffer.ts";
import { once, outOfTurn, sliceBytes } from "../../base/in-slices.ts";
import { assertDecodable } from "../../predict/answer-values.ts";
import { ByteWriter } from "../../predict/json/byte-writer.ts";
import { JsonScanner } from "../../predict/json/json-scanner.ts";
import type { Prediction } from "../../predict/pipeline.ts";
import { metadataOf } from "../../registry/model.ts";
import { RegistryError } from "../../registry/registry-error.ts";
import { type Datatype, datatypes } from "../../tensors/datatype.ts";
import { noParameters, type Parameters, type Tensor } from "../../tensors/tensor.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const DIGIT_9 = 0x39;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const NULL = 0x6e;
const TRUE = 0x74;
const FALSE = 0x66;

/** The output of a model whose server does not name any. */
const unnamedOutput = "output-0";
/** The most names of one prediction that become outputs of their own. */
const maxOutputs = 1024;
const maxDimensions = 32;

const asText: Parameters = new Map([["content_type", "str"]]);

/** Reading a value takes this many times as long as skipping it. */
const readingTakes = 4;
/** The depth of an answer has been checked when it was scanned. */
const anyDepth = 10_000;

/** Thrown where a list does not have the expected form. One object for all: it is not an error. */
const anotherForm = new Error("the list has another form");

/** A list of JSON whose syntax has been checked. */
interface List {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** How much a slice reads. */
  readonly bytesAtOnce: number;
}

/**
 * Returns work that makes output tensors from KServe v1 predictions, to be called until it does not throw `outOfTurn`.
 * Numbers become FP64, however they are written, so that the type does not change with the data, unless all are
 * integers and FP64 would lose digits. Objects with the same names become one output for each name. Anything that is
 * not an array of one kind becomes BYTES that contain JSON text. `null` among numbers is NaN.
 *
 * @param bytesAtOnce how much a slice reads
 * @throws RegistryError PREDICTIONS_NOT_A_TENSOR for a null that a tensor cannot contain, MODEL_BAD_ANSWER for too many
 * values
 */
export function tensorsFromPredictions(prediction: Prediction, bytesAtOnce = sliceBytes): () => readonly Tensor[] {
  const { bytes, predictions, count } = prediction.answer;
  const list =
    count === undefined
      ? wholeList(asOnlyItem(bytes.subarray(predictions.start, predictions.end)), bytesAtOnce)
      : { bytes, ...predictions, bytesAtOnce };
  const whole = once(tensorOf(list, unnamedOutput, prediction));
  const others = once(() => otherTensors(list, prediction));
  return () => {
    const tensor = whole();
    return tensor === undefined ? others()() : [tensor];
  };
}

/** A value that is not a list is the only prediction. */
function asOnlyItem(value: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from("["), value, Buffer.from("]")]);
}

function wholeList(bytes: Uint8Array, bytesAtOnce: number): List {
  return { bytes, start: 0, end: bytes.byteLength, bytesAtOnce };
}

/** The outputs of predictions that are not one tensor. */
function otherTensors(list: List, prediction: Prediction): () => readonly Tensor[] {
  assertDecodable(prediction);
  const columns = once(columnsOf(list));
  const text = textTensor(list, unnamedOutput);
  const outputs = once(() =>
    [...columns()!].map(([name, column]) => {
      column.byte(CLOSE_BRACKET);
      const items = wholeList(column.finish(), list.bytesAtOnce);
      const tensor = once(tensorOf(items, name, prediction));
      const itemText = textTensor(items, name);
      return once(() => tensor() ?? itemText());
    }),
  );
  return () => (columns() === undefined ? [text()] : outputs().map((output) => output()));
}

function openList({ bytes, start, bytesAtOnce }: List): JsonScanner {
  const scanner = new JsonScanner(bytes, anyDepth, { isUtf8: true, sliceBytes: bytesAtOnce });
  scanner.beginSlice(start, readingTakes);
  return scanner;
}

/** The kinds of values that one tensor may hold. */
type Kind = "number" | "text" | "boolean";
const datatypeOfKind: Readonly<Record<Kind, Datatype>> = {
  number: datatypes.FP64,
  text: datatypes.BYTES,
  boolean: datatypes.BOOL,
};

/** Returns work that reads a list as a tensor; undefined where it is not a rectangular array of one kind. */
function tensorOf(list: List, name: string, { model }: Prediction): () => Tensor | undefined {
  const { bytes, start, end } = list;
  const scanner = openList(list);
  /** The size of each dimension; below 0 while its first list is read. */
  const shape: number[] = [];
  let kind: Kind | undefined;
  let hasNull = false;
  let inexact: IntegerRange | undefined;
  const read = (at: number, dimension: number): number => {
    const byte = bytes[at]!;
    if (byte === OPEN_BRACKET) {
      if (dimension === shape.length) {
        if (kind !== undefined || hasNull || shape.length === maxDimensions) throw anotherForm;
        shape.push(-1);
      }
      let size = 0;
      const listEnd = scanner.array(at, 0, (index, itemStart) => {
        size = index + 1;
        return read(itemStart, dimension + 1);
      });
      if (shape[dimension]! < 0) shape[dimension] = size;
      else if (shape[dimension] !== size) throw anotherForm;
      return listEnd;
    }
    if (dimension !== shape.length) throw anotherForm;
    if (byte === NULL) hasNull = true;
    else {
      const found = kindOf(byte);
      if (found === undefined || (kind !== undefined && kind !== found)) throw anotherForm;
      kind = found;
    }
    const itemEnd = scanner.value(at, 0);
    if (itemEnd - at >= fewestInexactDigits) inexact = withInteger(inexact, bytes, at, itemEnd);
    return itemEnd;
  };
  const readWhole = once(() => read(start, 0));
  const form = once(numberFormOf(list));
  return () => {
    try {
      readWhole();
    } catch (error) {
      if (error === anotherForm) return undefined;
      throw error;
    }
    if (hasNull && kind !== undefined && kind !== "number") {
      throw new RegistryError(
        "PREDICTIONS_NOT_A_TENSOR",
        `The predictions of ${name} contain null among non-numeric values, which a tensor cannot represent. Use /v1 to get them unchanged.`,
        { metadata: metadataOf(model) },
      );
    }
    const json = bytes.subarray(start, end);
    const datatype = inexact && kind === "number" ? integerDatatype(inexact, form()) : datatypeOfKind[kind ?? "number"];
    return { name, datatype, shape, parameters: noParameters, data: { json } };
  };
}

/** The range of those integers that FP64 cannot represent exactly. */
interface IntegerRange {
  readonly min: bigint;
  readonly max: bigint;
}

/** The number of digits of 2^53. */
const fewestInexactDigits = 16;
/** No integer datatype has more, including the sign. */
const mostDigits = 20;

/** Extends a range by a number that FP64 cannot represent exactly. */
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

/** Whether numbers are all integers, and whether any has a sign. */
type NumberForm = "unsigned" | "signed" | "other";

/** Returns work that finds the form of a list's numbers, to be called until it does not throw `outOfTurn`. */
function numberFormOf({ bytes, start, end, bytesAtOnce }: List): () => NumberForm {
  let at = start;
  let form: NumberForm = "unsigned";
  return () => {
    for (const sliceEnd = Math.min(at + bytesAtOnce, end); at < sliceEnd; at++) {
      const byte = bytes[at]!;
      if (byte === MINUS) form = "signed";
      // Besides brackets, these bytes belong to an exponent, null, NaN or Infinity.
      else if (byte === POINT || (byte > DIGIT_9 && byte !== OPEN_BRACKET && byte !== CLOSE_BRACKET)) return "other";
    }
    if (at < end) throw outOfTurn;
    return form;
  };
}

/**
 * The datatype that can represent all digits of a list of numbers: FP64 where any number is not an integer, or too
 * large for the integer types.
 */
function integerDatatype({ min, max }: IntegerRange, form: NumberForm): Datatype {
  if (form === "other") return datatypes.FP64;
  const fits = ({ range }: Datatype) => range !== undefined && min >= range.min && max <= range.max;
  if (fits(datatypes.INT64)) return datatypes.INT64;
  return fits(datatypes.UINT64) && form === "unsigned" ? datatypes.UINT64 : datatypes.FP64;
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

/**
 * Returns work that reads objects with the same names into the text of a list for each name; undefined for anything
 * else.
 */
function columnsOf(list: List): () => ReadonlyMap<string, ByteWriter> | undefined {
  const { bytes, start } = list;
  const scanner = openList(list);
  const columns = new Map<string, ByteWriter>();
  /** The names so far of the object that is being read. */
  const seen = new Set<string>();
  let current = 0;
  const readRow = (row: number, at: number): number => {
    if (bytes[at] !== OPEN_BRACE) throw anotherForm;
    if (row !== current) seen.clear();
    current = row;
    const end = scanner.object(at, 0, (name, valueStart) => {
      const valueEnd = scanner.value(valueStart, 0);
      let column = columns.get(name);
      if (column === undefined && row === 0 && columns.size < maxOutputs) {
        column = new ByteWriter(64);
        columns.set(name, column);
      }
      if (column === undefined || seen.has(name)) throw anotherForm;
      seen.add(name);
      column.byte(row === 0 ? OPEN_BRACKET : COMMA);
      column.bytes(bytes, valueStart, valueEnd);
      return valueEnd;
    });
    if (seen.size !== columns.size) throw anotherForm;
    return end;
  };
  return () => {
    try {
      scanner.array(start, 0, readRow);
    } catch (error) {
      if (error === anotherForm) return undefined;
      throw error;
    }
    return columns.size > 0 ? columns : undefined;
  };
}

/** Returns work that writes the items of a list as texts that contain JSON. */
function textTensor(list: List, name: string): () => Tensor {
  const { bytes, start, end } = list;
  const buffer = asBuffer(bytes);
  let scanner: JsonScanner | undefined;
  let json: ByteWriter | undefined;
  let count = 0;
  return () => {
    scanner ??= openList(list);
    json ??= new ByteWriter(end - start);
    const reader = scanner;
    const writer = json;
    reader.array(start, 0, (index, at) => {
      const itemEnd = reader.value(at, 0);
      count = index + 1;
      writer.byte(index === 0 ? OPEN_BRACKET : COMMA);
      writer.text(JSON.stringify(buffer.toString("utf8", at, itemEnd)));
      return itemEnd;
    });
    if (count === 0) writer.byte(OPEN_BRACKET);
    writer.byte(CLOSE_BRACKET);
    return { name, datatype: datatypes.BYTES, shape: [count], parameters: asText, data: { json: writer.finish() } };
  };
}
