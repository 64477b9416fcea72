import { type Slices, sliceElements, slicesOf } from "../../base/in-slices.ts";
import type { CheckedRequest } from "../../predict/checked-request.ts";
import { ByteWriter } from "../../predict/json/byte-writer.ts";
import { writeDouble } from "../../predict/json/number.ts";
import { maxDimensions, tensorRequestInSlices } from "../../predict/transcode/packed-tensor.ts";
import type { InputFeature } from "../../registry/model.ts";
import type { DatatypeName } from "../../tensors/datatype.ts";
import { problemOfElement, rawElements } from "../../tensors/elements/convert-elements.ts";
import { elementWriters } from "../../tensors/elements/element-writer.ts";
import { bfloatToNumber, halfToNumber } from "../../tensors/elements/half.ts";
import { Brackets } from "../../tensors/rows/nested-json.ts";
import { elementCount, sliceTensors, type Tensor } from "../../tensors/tensor.ts";
import { TensorProblem } from "../../tensors/tensor-problem.ts";

const COMMA = 0x2c;
const CLOSE_BRACKET = 0x5d;
const CLOSE_BRACE = 0x7d;
const openInstances = Buffer.from('{"instances":[');

/** How often the written text is counted towards the memory budget, in bytes. */
const countedBytes = 256 * 1024;

/** The limits of rows that are made from tensors. */
export interface RowLimits {
  /** How many elements may be written one by one. */
  readonly maxElements: number;
  /** The error for more. */
  readonly tooMany: () => Error;
  /** Is called with the number of bytes held so far. May throw. */
  readonly hold: (bytes: number) => void;
}

/**
 * Translates the tensors of an inference request into a KServe v1 request. Two layouts are accepted, whatever the
 * model's metadata says: one tensor `[n, f]` of any name, or one `[n]` or `[n, 1]` for each declared feature, by name
 * and in any order. Where no features are declared, several tensors become rows by name.
 *
 * @throws TensorProblem, and what the limits throw
 */
export function rowsFromTensors(
  inputs: readonly Tensor[],
  features: readonly InputFeature[],
  limits: RowLimits,
): Slices<CheckedRequest> {
  assertDistinct(inputs);
  const [first] = inputs;
  if (first === undefined) throw new TensorProblem("inputs", "is empty; expected at least one tensor");
  for (const { name, shape } of inputs) {
    if (shape.includes(0)) throw new TensorProblem(name, `shape ${shown(shape)} is empty; expected at least one row`);
  }
  if (inputs.length === 1 && !isColumn(first, features)) return matrixRows(first, features, limits);
  return features.length === 0 ? namedRows(inputs, limits) : featureRows(inputs, features, limits);
}

/** Whether the only tensor is the column of a feature, and not all rows. */
function isColumn({ name, shape }: Tensor, features: readonly InputFeature[]): boolean {
  if (!features.some((feature) => feature.name === name)) return false;
  return shape.length === 1 || (shape.length === 2 && shape[1] === 1);
}

function* matrixRows(tensor: Tensor, features: readonly InputFeature[], limits: RowLimits): Slices<CheckedRequest> {
  const { name, datatype } = tensor;
  const width = features.length;
  let { shape } = tensor;
  if (width === 1 && shape.length === 1) shape = [shape[0]!, 1];
  if (width === 0 && shape.length < 2) {
    const size = shape[0] ?? 1;
    throw new TensorProblem(
      name,
      `shape ${shown(tensor.shape)} does not say what a row is; send [1,${size}] or [${size},1]`,
    );
  }
  if (width > 0 && (shape.length !== 2 || shape[1] !== width)) {
    const help = shape.length === 1 && shape[0] === width ? `; send [1,${width}]` : "";
    throw new TensorProblem(name, `shape ${shown(tensor.shape)} is not [n,${width}]${help}`);
  }
  if (shape.length > maxDimensions) {
    throw new TensorProblem(name, `has ${shape.length} dimensions; at most ${maxDimensions} are allowed`);
  }
  const isFloat = datatype.name === "FP64" || datatype.name === "FP32";
  const asNumbers = features.every(({ type }) => type === undefined || type === "number");
  if (isFloat && asNumbers) {
    return yield* slicesOf(tensorRequestInSlices(yield* packedDoubles(tensor, limits), shape));
  }
  const [count = 0, ...cell] = shape;
  const cells = yield* createCells(tensor, width === 0 ? [] : features, limits);
  return yield* writeRows(count, [{ key: "", shape: cell, cells }], ["", ""], limits);
}

/** One tensor for each feature. */
function* featureRows(
  inputs: readonly Tensor[],
  features: readonly InputFeature[],
  limits: RowLimits,
): Slices<CheckedRequest> {
  const names = features.map(({ name }) => name);
  const byName = new Map(inputs.map((input) => [input.name, input]));
  const unknown = inputs.find(({ name }) => !names.includes(name));
  if (unknown !== undefined) {
    throw new TensorProblem(
      unknown.name.slice(0, 80),
      `is not an input of the model, which takes ${shownNames(names)}`,
    );
  }
  // Features with a default may be left out, which only rows by name can express.
  const missing = features.find(({ name, default: value }) => !byName.has(name) && value === undefined);
  if (missing !== undefined) {
    throw new TensorProblem("inputs", `${missing.name} is missing; the model takes ${shownNames(names)}`);
  }
  const count = inputs[0]!.shape[0] ?? 0;
  for (const { name, shape } of inputs) assertColumn(name, shape, count);
  const columns: Column[] = [];
  for (const feature of features) {
    const tensor = byName.get(feature.name);
    if (tensor === undefined) continue;
    if (columns.length % sliceTensors === sliceTensors - 1) yield;
    columns.push({ key: keyOf(tensor), shape: [], cells: yield* createCells(tensor, [feature], limits) });
  }
  if (columns.length < features.length) return yield* writeRows(count, columns, ["{", "}"], limits);
  const inOrder = columns.map((column) => ({ ...column, key: "" }));
  return yield* writeRows(count, inOrder, ["[", "]"], limits);
}

/** One tensor for each name, where nothing is declared. */
function* namedRows(inputs: readonly Tensor[], limits: RowLimits): Slices<CheckedRequest> {
  const count = inputs[0]!.shape[0];
  for (const { name, shape } of inputs) {
    if (shape.length === 0 || shape[0] !== count) {
      throw new TensorProblem(
        name,
        `shape ${shown(shape)} does not begin with the ${count} rows of ${inputs[0]!.name}`,
      );
    }
  }
  const columns: Column[] = [];
  for (const tensor of inputs) {
    const [, ...cell] = tensor.shape;
    const shape = cell.every((size) => size === 1) ? [] : cell;
    if (columns.length % sliceTensors === sliceTensors - 1) yield;
    columns.push({ key: keyOf(tensor), shape, cells: yield* createCells(tensor, [], limits) });
  }
  return yield* writeRows(count!, columns, ["{", "}"], limits);
}

function keyOf({ name }: Tensor): string {
  return `${JSON.stringify(name)}:`;
}

/** A part of each row. */
interface Column {
  /** The text before it. */
  readonly key: string;
  /** The shape of its nested lists; empty for a single value. */
  readonly shape: readonly number[];
  readonly cells: Cells;
}

/** Writes rows, each between two brackets. */
function* writeRows(
  count: number,
  columns: readonly Column[],
  [open, close]: readonly [string, string],
  limits: RowLimits,
): Slices<CheckedRequest> {
  const elements = columns.reduce((sum, { shape }) => sum + elementCount(shape)!, 0) * count;
  const json = new ByteWriter(Math.min(elements * 16 + 64, 64 * 1024));
  const parts = columns.map(({ key, shape, cells }, i) => ({
    before: Buffer.from(i === 0 ? open + key : `,${key}`),
    size: elementCount(shape)!,
    brackets: shape.length === 0 ? undefined : new Brackets(shape, json, Number.POSITIVE_INFINITY),
    cells,
  }));
  const after = Buffer.from(close);
  json.bytes(openInstances);
  let counted = countedBytes;
  let left = sliceElements;
  for (let row = 0; row < count; row++) {
    if (row > 0) json.byte(COMMA);
    for (const { before, size, brackets, cells } of parts) {
      json.bytes(before);
      for (let i = 0; i < size; i++) {
        brackets?.before(i);
        cells(json);
        if (--left > 0) continue;
        left = sliceElements;
        yield;
      }
      brackets?.end(size);
    }
    json.bytes(after);
    if (json.length < counted) continue;
    limits.hold(json.length);
    counted = json.length + countedBytes;
  }
  json.byte(CLOSE_BRACKET);
  json.byte(CLOSE_BRACE);
  return { body: json.finish(), instanceCount: count };
}

/** Appends the next element of a tensor as JSON text. */
type Cells = (json: ByteWriter) => void;

/** Readers of floats from raw bytes. */
const floats: Readonly<Partial<Record<DatatypeName, (view: DataView, at: number) => number>>> = {
  FP16: (view, at) => halfToNumber(view.getUint16(at, true)),
  BF16: (view, at) => bfloatToNumber(view.getUint16(at, true)),
  FP32: (view, at) => view.getFloat32(at, true),
  FP64: (view, at) => view.getFloat64(at, true),
};

/**
 * Writes the elements of a tensor one by one, in the form that their features need: floats as integers where a feature
 * is one.
 *
 * @param features of the columns, in turn; empty where nothing is declared
 */
function* createCells(tensor: Tensor, features: readonly InputFeature[], limits: RowLimits): Slices<Cells> {
  const { name, datatype, shape } = tensor;
  if (elementCount(shape)! > limits.maxElements) throw limits.tooMany();
  const raw = yield* heldRaw(tensor, limits);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  let at = 0;
  let index = 0;
  const readFloat = floats[datatype.name];
  if (readFloat === undefined) {
    const write = elementWriters[datatype.name];
    return (json) => {
      try {
        at = write(view, at, json);
      } catch (error) {
        throw problemOfElement(error, name, index);
      }
      index++;
    };
  }
  const asWhole = features.map(({ type }) => type === "integer");
  return (json) => {
    const value = readFloat(view, at);
    at += datatype.bytes;
    const whole = asWhole[index++ % asWhole.length] === true && Number.isInteger(value);
    json.text(whole ? String(value) : writeDouble(value));
  };
}

function* packedDoubles(tensor: Tensor, limits: RowLimits): Slices<Uint8Array> {
  const raw = yield* heldRaw(tensor, limits);
  if (tensor.datatype.name === "FP64") return raw;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const count = raw.byteLength / 4;
  limits.hold(raw.byteLength + count * 8);
  const doubles = new ByteWriter(count * 8);
  for (let i = 0; i < count; i++) {
    doubles.double(view.getFloat32(i * 4, true));
    if (i % sliceElements === sliceElements - 1) yield;
  }
  return doubles.finish();
}

/** The elements as raw bytes; converted from JSON, they need memory of their own. */
function heldRaw(tensor: Tensor, limits: RowLimits): Slices<Uint8Array> {
  const { data, shape, name } = tensor;
  if ("json" in data) {
    const count = elementCount(shape)!;
    if (count > limits.maxElements) throw limits.tooMany();
    limits.hold(data.json.byteLength + count * 8);
  }
  return rawElements(tensor, name);
}

function assertColumn(name: string, shape: readonly number[], count: number): void {
  if (shape.length === 0 || shape.length > 2 || (shape.length === 2 && shape[1] !== 1)) {
    throw new TensorProblem(name, `shape ${shown(shape)} is not [n] or [n,1]`);
  }
  if (shape[0] !== count) throw new TensorProblem(name, `has ${shape[0]} rows, but the first input has ${count}`);
}

function assertDistinct(inputs: readonly Tensor[]): void {
  const seen = new Set<string>();
  for (const { name } of inputs) {
    if (seen.has(name)) throw new TensorProblem(name.slice(0, 80), "is repeated");
    seen.add(name);
  }
}

function shown(shape: readonly number[]): string {
  return `[${shape.join(",")}]`;
}

function shownNames(names: readonly string[]): string {
  return names.join(", ").slice(0, 400);
}
