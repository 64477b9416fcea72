import { type Slices, sliceBytes, slicesOf } from "../../base/in-slices.ts";
import { JsonScanner } from "../../predict/json/json-scanner.ts";
import { rowRanges } from "../../predict/rows/row-ranges.ts";
import { assertRawFits } from "../raw-elements.ts";
import { elementCount, type Tensor } from "../tensor.ts";
import { TensorProblem } from "../tensor-problem.ts";

const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/**
 * Checks that a tensor has as many elements as its shape takes. Those that came as raw bytes are counted with their datatype;
 * of those that are JSON text it is not looked at what each is.
 *
 * @param field names the tensor in errors
 * @param bytesAtOnce how much a slice looks at
 * @throws TensorProblem
 */
export function* assertElementCount(
  { data, datatype, shape }: Tensor,
  field: string,
  maxDepth: number,
  bytesAtOnce = sliceBytes,
): Slices<void> {
  if ("raw" in data) {
    assertRawFits({ datatype, shape }, data.raw, field);
    return;
  }
  if (data.numbers !== undefined && data.numbers === elementCount(shape)) return;
  // What lies around it has been open when it was read.
  const scanner = new JsonScanner(data.json, maxDepth, { isUtf8: true, sliceBytes: bytesAtOnce });
  yield* passElements(scanner, shape, `${field}.data`);
}

/** How many lists and elements a tensor may have as JSON, which is nested as its shape says. */
export function jsonItemCount(shape: readonly number[]): number {
  let lists = 0;
  let inner = 1;
  for (const size of shape) {
    lists += inner;
    inner *= size;
  }
  return lists + inner;
}

/**
 * Passes over the elements of a tensor in JSON, a list that is flat or nested as the shape says, and checks that there are
 * as many as the shape takes. What each of them is, is not looked at.
 *
 * @param field names the list in errors
 * @throws TensorProblem, JsonSyntaxError
 */
function* passElements(scanner: JsonScanner, shape: readonly number[], field: string): Slices<void> {
  const { bytes } = scanner;
  if (bytes[0] !== OPEN_BRACKET) throw new TensorProblem(field, "expected a list of elements");
  const nested = shape.length > 1 && bytes[scanner.space(1)] === OPEN_BRACKET;
  if (nested) {
    if (yield* slicesOf(() => isTable(scanner, shape))) return;
    scanner.beginSlice(0);
    yield* slicesOf(() => passNested(scanner, 0, shape, 0, field));
    return;
  }
  yield* slicesOf(() => scanner.list(0, 0));
  const expected = elementCount(shape);
  if (scanner.itemCount !== expected) {
    throw new TensorProblem(
      field,
      `has ${scanner.itemCount} elements, but the shape [${shape.join(",")}] takes ${expected}`,
    );
  }
}

/** Whether elements are rows of numbers, which tensors nearly always are: many are passed over at a time. */
function isTable(scanner: JsonScanner, [count, width, ...others]: readonly number[]): boolean {
  const ranges = others.length > 0 ? undefined : rowRanges(width!, Number.MAX_VALUE);
  if (ranges === undefined) return false;
  scanner.list(0, 0, ranges);
  return scanner.rowsFit && scanner.itemCount === count;
}

/** Passes over the list of a dimension, and returns where it ends. */
function passNested(
  scanner: JsonScanner,
  start: number,
  shape: readonly number[],
  dimension: number,
  field: string,
): number {
  const expected = shape[dimension]!;
  let size = 0;
  let end: number;
  if (scanner.bytes[start] !== OPEN_BRACKET) {
    throw new TensorProblem(field, `is nested in another way than the shape [${shape.join(",")}] says`);
  }
  if (dimension + 1 === shape.length) {
    end = scanner.list(start, dimension);
    size = scanner.itemCount;
  } else {
    end = scanner.array(start, dimension, (index, itemStart) => {
      size = index + 1;
      // What is too long is not looked through to its end.
      if (size > expected) throw wrongSize(shape, dimension, "more", field);
      return passNested(scanner, itemStart, shape, dimension + 1, field);
    });
  }
  if (size !== expected) throw wrongSize(shape, dimension, `${size}`, field);
  return end;
}

function wrongSize(shape: readonly number[], dimension: number, found: string, field: string): TensorProblem {
  const said = `the shape [${shape.join(",")}] says ${shape[dimension]} in dimension ${dimension}`;
  return new TensorProblem(field, `has a list of ${found} where ${said}`);
}

/** Finds the elements of a tensor in JSON one by one, in a list that `passElements` has passed over. */
export class JsonElements {
  readonly #scanner: JsonScanner;
  /** After so many elements brackets may come. */
  readonly #width: number;
  #index = 0;
  #at: number;

  /** @param start where the list starts */
  constructor(scanner: JsonScanner, start: number, shape: readonly number[]) {
    this.#scanner = scanner;
    const first = scanner.space(start + 1);
    const nested = shape.length > 1 && scanner.bytes[first] === OPEN_BRACKET;
    this.#width = nested ? shape.at(-1)! : Number.POSITIVE_INFINITY;
    this.#at = first;
  }

  /** Hands the position of the next element to `read`, which returns where the element ends. */
  next(read: (at: number) => number): void {
    const { bytes } = this.#scanner;
    const isRowStart = this.#index % this.#width === 0;
    let at = this.#at;
    for (; ; at++) {
      const byte = bytes[at]!;
      const isBracket = byte === OPEN_BRACKET || byte === CLOSE_BRACKET;
      if (byte > 0x20 && byte !== COMMA && !(isRowStart && isBracket)) break;
    }
    this.#index++;
    this.#at = read(at);
  }
}
