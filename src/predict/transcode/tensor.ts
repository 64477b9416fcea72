import type { JsonObject } from "@bufbuild/protobuf";
import { asBuffer } from "../../base/as-buffer.ts";
import { invalidField, RegistryError } from "../../registry/registry-error.ts";
import type { CheckedRequest } from "../checked-request.ts";
import type { JsonScanner, Span } from "../json/json-scanner.ts";
import { maxDimensions, tensorRequest } from "./packed-tensor.ts";
import { writeParameters } from "./write-value.ts";

const MINUS = 0x2d;

/** A dense array of numbers, row after row (C order). */
export interface TensorData {
  /** The size of each dimension; the first is the number of instances. */
  readonly shape: readonly number[];
  /** As many as the product of `shape`. */
  readonly values: readonly number[];
}

/**
 * Writes a tensor and the other top-level keys as a KServe v1 request, with nested arrays as `shape` says.
 *
 * @returns without other keys a request that needs no check of its syntax
 * @throws RegistryError INVALID_REQUEST when `shape` and `values` do not fit
 */
export function writeTensor(tensor: TensorData, parameters: JsonObject | undefined): Uint8Array | CheckedRequest {
  const { shape, values } = tensor;
  if (shape.length === 0) throw invalidField("tensor.shape", "is empty; expected the number of rows and of columns");
  if (shape.length > maxDimensions) {
    throw invalidField("tensor.shape", `has ${shape.length} dimensions; at most ${maxDimensions} are allowed`);
  }
  const product = shape.reduce((a, b) => a * b, 1);
  if (shape[0] === 0) throw invalidField("tensor.shape", "has no rows; expected at least one");
  if (product !== values.length) {
    throw invalidField(
      "tensor.values",
      `has ${values.length} numbers, but the shape [${shape.join(", ")}] takes ${product}`,
    );
  }
  // A tensor without numbers, such as [1000000, 0], would grow on its way: every row is two bytes.
  if (product === 0) throw invalidField("tensor.shape", `is [${shape.join(", ")}]; a dimension must not be 0`);
  const members = writeParameters(parameters);
  const request = tensorRequest(new Uint8Array(new Float64Array(values).buffer), shape, members);
  return members === "" ? request : request.body;
}

/**
 * Reads predictions, whose syntax has been checked, as a tensor. `null` is read as NaN, as KServe writes it.
 *
 * @throws RegistryError PREDICTIONS_NOT_A_TENSOR when they are not a rectangular array of numbers
 */
export function readTensor(
  scanner: JsonScanner,
  predictions: Span,
  metadata: Readonly<Record<string, string>> = {},
): { readonly shape: number[]; readonly values: number[] } {
  const notATensor = (why: string): RegistryError =>
    new RegistryError(
      "PREDICTIONS_NOT_A_TENSOR",
      `The predictions are not a rectangular array of numbers: ${why}. Send instances or body to get them as they are.`,
      { metadata },
    );
  const { bytes } = scanner;
  const buffer = asBuffer(bytes);
  const shape: number[] = [];
  const values: number[] = [];
  const read = (start: number, dimension: number): number => {
    const byte = bytes[start]!;
    if (byte !== 0x5b) {
      if (dimension !== shape.length) throw notATensor("rows differ in depth");
      if (isDigit(byte) || (byte === MINUS && isDigit(bytes[start + 1]!))) {
        values.push(scanner.number(start));
        return scanner.numberEnd;
      }
      const end = scanner.value(start, 0);
      const text = buffer.toString("latin1", start, end);
      const value = numberOf(text);
      if (value === undefined) throw notATensor(`${text.slice(0, 40)} is not a number`);
      values.push(value);
      return end;
    }
    if (values.length > 0 && dimension >= shape.length) throw notATensor("rows differ in depth");
    const first = dimension === shape.length;
    if (first) shape.push(0);
    let size = 0;
    const end = scanner.array(start, 0, (index, itemStart) => {
      size = index + 1;
      return read(itemStart, dimension + 1);
    });
    if (first) shape[dimension] = size;
    else if (shape[dimension] !== size) throw notATensor("rows differ in length");
    return end;
  };
  read(predictions.start, 0);
  if (shape.length === 0) throw notATensor("they are a single value");
  return { shape, values };
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function numberOf(text: string): number | undefined {
  if (text === "null") return Number.NaN;
  // Number() reads NaN and the infinities as well; true, false and strings are not numbers here.
  return /^[-\dNI]/.test(text) ? Number(text) : undefined;
}
