import { type Slices, sliceElements } from "../../base/in-slices.ts";
import { ByteWriter } from "../../predict/json/byte-writer.ts";
import { JsonScanner } from "../../predict/json/json-scanner.ts";
import type { Datatype } from "../datatype.ts";
import { elementCount, type Tensor } from "../tensor.ts";
import { ElementProblem, TensorProblem } from "../tensor-problem.ts";
import { elementReaders } from "./element-reader.ts";
import { elementWriters } from "./element-writer.ts";
import { JsonElements } from "./json-elements.ts";
import { appendFloatElements } from "./packed-numbers.ts";

const COMMA = 0x2c;
const MINUS = 0x2d;
const CAPITAL_I = 0x49;
const CAPITAL_N = 0x4e;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const nullWord = Buffer.from("null");

/** Deeper than elements of a tensor are ever nested: their text has been checked. */
const anyDepth = 1000;

/**
 * The elements of a tensor as raw bytes.
 *
 * @param field names the tensor in errors
 * @throws TensorProblem
 */
export function* rawElements({ data, datatype, shape }: Tensor, field: string): Slices<Uint8Array> {
  if ("raw" in data) return data.raw;
  const count = elementCount(shape)!;
  const raw = new ByteWriter(Math.min(count * (datatype.bytes || 8), data.json.byteLength * 4));
  const scanner = new JsonScanner(data.json, anyDepth, { isUtf8: true });
  const { name } = datatype;
  if (name === "FP64" || name === "FP32") {
    yield* appendFloatElements({
      datatype: name,
      scanner,
      list: { start: 0, end: data.json.byteLength },
      count,
      raw,
      field,
    });
    return raw.finish();
  }
  const elements = new JsonElements(scanner, 0, shape);
  const readElement = elementReaders[name];
  const read = (at: number): number => readElement(scanner, at, raw);
  yield* eachElement(count, field, () => elements.next(read));
  return raw.finish();
}

/**
 * Appends the elements of a tensor as one flat JSON list. Numbers that are not finite become `null`: many clients read
 * nothing else.
 *
 * @param field names the tensor in errors
 * @throws TensorProblem
 */
function* appendJsonElements(writer: ByteWriter, tensor: Tensor, field: string): Slices<void> {
  const { datatype, shape } = tensor;
  const count = elementCount(shape)!;
  const raw = yield* rawElements(tensor, field);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const write = elementWriters[datatype.name];
  const isNumber = datatype.json === "number";
  let at = 0;
  writer.byte(OPEN_BRACKET);
  yield* eachElement(count, field, (index) => {
    if (index > 0) writer.byte(COMMA);
    const start = writer.length;
    at = write(view, at, writer);
    if (isNumber && startsWithWord(writer.buffer, start)) {
      writer.length = start;
      writer.bytes(nullWord);
    }
  });
  writer.byte(CLOSE_BRACKET);
}

/** A tensor with its elements as raw bytes. @throws TensorProblem */
export function* heldAsRaw(tensor: Tensor, field: string): Slices<Tensor> {
  return "raw" in tensor.data ? tensor : { ...tensor, data: { raw: yield* rawElements(tensor, field) } };
}

/** A tensor with its elements as JSON text, without bare words. @throws TensorProblem */
export function* heldAsJson(tensor: Tensor, field: string): Slices<Tensor> {
  const { data, datatype } = tensor;
  if ("json" in data && !mayBeNonFinite(data.json, datatype)) return tensor;
  const json = new ByteWriter("raw" in data ? data.raw.byteLength * 2 : data.json.byteLength);
  yield* appendJsonElements(json, tensor, field);
  return { ...tensor, data: { json: json.finish() } };
}

/** Whether JSON text of numbers may contain the bare words `NaN` and `Infinity`, or texts of the same. */
function mayBeNonFinite(json: Uint8Array, { json: kind }: Datatype): boolean {
  return kind === "number" && (json.includes(CAPITAL_N) || json.includes(CAPITAL_I));
}

function startsWithWord(bytes: Uint8Array, start: number): boolean {
  const first = bytes[start] === MINUS ? bytes[start + 1] : bytes[start];
  return first === CAPITAL_N || first === CAPITAL_I;
}

/** Does something for each element, and says of which one a problem is. */
function* eachElement(count: number, field: string, run: (index: number) => void): Slices<void> {
  for (let start = 0; start < count; start += sliceElements) {
    if (start > 0) yield;
    let index = start;
    const end = Math.min(count, start + sliceElements);
    try {
      for (; index < end; index++) run(index);
    } catch (error) {
      throw problemOfElement(error, field, index);
    }
  }
}

/** What is to be thrown for an error over an element: which one it is. */
export function problemOfElement(error: unknown, field: string, index: number): unknown {
  return error instanceof ElementProblem ? new TensorProblem(`${field}[${index}]`, error.message) : error;
}
