import { type Slices, sliceBytes, sliceElements, slicesOf } from "../../base/in-slices.ts";
import type { ByteWriter } from "../../predict/json/byte-writer.ts";
import { JsonScanner } from "../../predict/json/json-scanner.ts";
import { appendNumbers, maxNumbers, numbers } from "../../predict/json/number-writer.ts";
import { elementWriters } from "../elements/element-writer.ts";
import { assertRawFits, countOf } from "../raw-elements.ts";
import type { Tensor } from "../tensor.ts";
import { ElementProblem, TensorProblem } from "../tensor-problem.ts";

const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** The depth of a message has been checked by who took it. */
const anyDepth = 10_000;
const openText = (text: Uint8Array): JsonScanner => new JsonScanner(text, anyDepth, { isUtf8: true, sliceBytes });
/** To write a text takes so many times as long as to pass over it. */
const writingTakes = 4;

/** Is called with where each item of the outermost list starts. */
export type ItemListener = (start: number) => void;

/**
 * Writes a tensor as nested JSON lists of a shape with as many elements.
 *
 * @param shape at least one dimension; with a 0 in it an empty list
 * @param field where the tensor stands, for problems
 * @param maxBytes how much may have been written: a bracket of each dimension stands around every element
 * @returns whether it is a list of finite numbers, known without another look
 * @throws TensorProblem where data and shape do not fit each other
 */
export function* writeNested(
  tensor: Tensor,
  shape: readonly number[],
  field: string,
  json: ByteWriter,
  maxBytes: number,
  onItem?: ItemListener,
): Slices<boolean> {
  const { data } = tensor;
  const brackets = new Brackets(shape, json, maxBytes, onItem);
  if ("raw" in data) {
    const count = assertRawFits(tensor, data.raw, field);
    const { name } = tensor.datatype;
    if (name === "FP64" || name === "FP32") {
      const areFinite = yield* writeFloats(data.raw, name === "FP64", count, json, brackets);
      return areFinite && shape.length === 1;
    }
    yield* writeRaw(tensor, data.raw, count, field, json, brackets);
    return false;
  }
  const count = countOf(tensor.shape, field);
  if (shape.length === 1 && onItem === undefined && data.numbers === count) {
    json.bytes(data.json);
    return true;
  }
  yield* writeText(data.json, count, shape, field, json, brackets);
  return false;
}

/** Writes what stands before and behind each element, of its row and of the rows around it. */
export class Brackets {
  readonly #json: ByteWriter;
  readonly #maxBytes: number;
  readonly #onItem: ItemListener | undefined;
  /** How many elements each dimension holds below it, the outermost first. */
  readonly #strides: readonly number[];

  constructor(shape: readonly number[], json: ByteWriter, maxBytes: number, onItem?: ItemListener) {
    this.#json = json;
    this.#maxBytes = maxBytes;
    this.#onItem = onItem;
    this.#strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
  }

  get listens(): boolean {
    return this.#onItem !== undefined;
  }

  /** How many elements stand side by side with nothing to do between them. */
  get width(): number {
    const last = this.#strides.length - 1;
    if (last > 0) return this.#strides[last - 1]!;
    return this.#onItem === undefined ? Number.MAX_SAFE_INTEGER : 1;
  }

  /** To be called with the index of each element, in order; not within `width`. */
  before(index: number): void {
    const json = this.#json;
    if (json.length > this.#maxBytes) throw tooLarge(this.#maxBytes);
    if (index === 0) {
      json.byte(OPEN_BRACKET);
    } else {
      const inner = this.#strides.length - 1;
      for (let i = inner - 1; i >= 0; i--) if (index % this.#strides[i]! === 0) json.byte(CLOSE_BRACKET);
      json.byte(COMMA);
    }
    if (index % this.#strides[0]! === 0) this.#onItem?.(json.length);
    for (let i = 0; i < this.#strides.length - 1; i++) if (index % this.#strides[i]! === 0) json.byte(OPEN_BRACKET);
  }

  end(count: number): void {
    if (count === 0) this.#json.byte(OPEN_BRACKET);
    const open = count === 0 ? 1 : this.#strides.length;
    for (let i = 0; i < open; i++) this.#json.byte(CLOSE_BRACKET);
  }
}

/** What would become larger as JSON than an answer may be. */
export function tooLarge(maxBytes: number): TensorProblem {
  return new TensorProblem(
    "outputs",
    `as JSON they are larger than ${maxBytes} bytes, which KSERVE_MAX_RESPONSE_SIZE allows`,
  );
}

function* writeRaw(
  { datatype }: Tensor,
  raw: Uint8Array,
  count: number,
  field: string,
  json: ByteWriter,
  brackets: Brackets,
): Slices<void> {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const write = elementWriters[datatype.name];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (i % sliceElements === sliceElements - 1) yield;
    brackets.before(i);
    try {
      at = write(view, at, json);
    } catch (error) {
      if (error instanceof ElementProblem) throw new TensorProblem(field, error.message);
      throw error;
    }
  }
  brackets.end(count);
}

/** Writes floats, as many at a time as stand side by side. Returns whether all are finite. */
function* writeFloats(
  raw: Uint8Array,
  wide: boolean,
  count: number,
  json: ByteWriter,
  brackets: Brackets,
): Slices<boolean> {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const width = brackets.width;
  let allFinite = true;
  let left = sliceElements;
  for (let done = 0; done < count; ) {
    if (left <= 0) {
      left = sliceElements;
      yield;
    }
    const size = Math.min(maxNumbers, width - (done % width), count - done);
    let finite = true;
    for (let i = 0; i < size; i++) {
      const value = wide ? view.getFloat64((done + i) * 8, true) : view.getFloat32((done + i) * 4, true);
      numbers.setFloat64(i * 8, value, true);
      if (!Number.isFinite(value)) finite = false;
    }
    brackets.before(done);
    if (finite) {
      appendNumbers(json, size, size, 0, true);
    } else {
      allFinite = false;
      for (let i = 0; i < size; i++) {
        if (i > 0) json.byte(COMMA);
        elementWriters.FP64(numbers, i * 8, json);
      }
    }
    done += size;
    left -= size;
  }
  brackets.end(count);
  return allFinite;
}

/** JSON text that is flat already gets its brackets, and one that is nested keeps them, once its shape has been seen to be right. */
function* writeText(
  text: Uint8Array,
  count: number,
  shape: readonly number[],
  field: string,
  json: ByteWriter,
  brackets: Brackets,
): Slices<void> {
  const scanner = openText(text);
  if (shape.length === 1 && !brackets.listens) {
    yield* slicesOf(() => scanner.list(0, 0));
    if (scanner.deepest === 0 && scanner.itemCount === count) {
      json.bytes(text);
      return;
    }
  }
  let index = 0;
  const wrong = (): TensorProblem =>
    new TensorProblem(`${field}.data`, `does not have the ${count} elements that the shape takes`);
  const read = (at: number): number => {
    if (text[at] === OPEN_BRACKET) return scanner.array(at, 0, (_, itemAt) => read(itemAt));
    if (index >= count) throw wrong();
    // What gives way in an element is read once more.
    const end = scanner.value(at, 0);
    brackets.before(index++);
    json.bytes(text, at, end);
    return end;
  };
  scanner.beginSlice(0, writingTakes);
  yield* slicesOf(() => read(0));
  if (index !== count) throw wrong();
  brackets.end(count);
}
