import type { Datatype } from "./datatype.ts";

/**
 * The elements of a tensor, row after row (C order), as they came: nothing is read before it must be written in the other
 * form.
 *
 * - `raw`: each element as its bytes, the lowest first; before each of BYTES its length as uint32. As in
 *   `raw_input_contents` and in the binary tensor extension.
 * - `json`: a JSON array whose syntax has been checked, flat or nested as the shape says. `numbers` is how many items it
 *   has where these are known to be finite numbers, and nothing else.
 */
export type TensorData =
  | { readonly raw: Uint8Array }
  | { readonly json: Uint8Array; readonly numbers?: number | undefined };

/** A parameter of a request, a tensor or an answer. A bigint is an integer (int64 or uint64), a number a double. */
export type Parameter = boolean | bigint | number | string;
export type Parameters = ReadonlyMap<string, Parameter>;

/** A named array. */
export interface Tensor {
  readonly name: string;
  readonly datatype: Datatype;
  /** The size of each dimension, none below 0. The product is the number of elements. */
  readonly shape: readonly number[];
  readonly parameters: Parameters;
  readonly data: TensorData;
}

/** An output that a request asks for. */
export interface RequestedOutput {
  readonly name: string;
  readonly parameters: Parameters;
}

/** An answer to an inference request, read from REST or gRPC. */
export interface InferAnswer {
  readonly id: string;
  readonly modelName: string;
  readonly modelVersion: string;
  readonly parameters: Parameters;
  readonly outputs: readonly Tensor[];
}

/** How many tensors are worked on before others get their turn, however small they are. */
export const sliceTensors = 64;

export const noParameters: Parameters = new Map();

/** A larger tensor cannot be counted exactly, and none is meant. */
const maxElements = Number.MAX_SAFE_INTEGER;

/** How many elements a shape holds; undefined where a dimension is not an integer of at least 0, or where they are too many. */
export function elementCount(shape: readonly number[]): number | undefined {
  let count = 1;
  let empty = false;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) return undefined;
    if (size === 0) empty = true;
    else count *= size;
    if (count > maxElements) return undefined;
  }
  return empty ? 0 : count;
}
