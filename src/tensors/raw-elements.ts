import { elementCount, type Tensor } from "./tensor.ts";
import { TensorProblem } from "./tensor-problem.ts";

/** The elements of a tensor that is held as raw bytes. */
export function rawOf({ data }: Tensor): Uint8Array {
  return (data as { readonly raw: Uint8Array }).raw;
}

/**
 * Asserts that raw bytes hold as many elements as the shape says, each of them whole.
 *
 * @param field where the tensor stands, for the problem: `outputs[0]`
 * @returns how many elements there are
 * @throws TensorProblem
 */
export function assertRawFits(
  { datatype, shape }: Pick<Tensor, "datatype" | "shape">,
  raw: Uint8Array,
  field: string,
): number {
  const count = countOf(shape, field);
  if (datatype.bytes > 0) {
    if (count * datatype.bytes === raw.length) return count;
    const wanted = `${count * datatype.bytes} bytes`;
    throw new TensorProblem(
      field,
      `has ${raw.length} bytes of data, and its shape [${shape.join(", ")}] of ${datatype.name} takes ${wanted}`,
    );
  }
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  let at = 0;
  for (let i = 0; i < count; i++) {
    // Each takes four bytes at least, so that a shape that lies ends soon.
    if (at + 4 > raw.length) throw unevenBytes(shape, field);
    at += 4 + view.getUint32(at, true);
  }
  if (at !== raw.length) throw unevenBytes(shape, field);
  return count;
}

/** How many elements a shape holds. @throws TensorProblem where no tensor could have it */
export function countOf(shape: readonly number[], field: string): number {
  const count = elementCount(shape);
  if (count === undefined) {
    throw new TensorProblem(`${field}.shape`, `is [${shape.join(", ").slice(0, 200)}], which no tensor can have`);
  }
  return count;
}

function unevenBytes(shape: readonly number[], field: string): TensorProblem {
  return new TensorProblem(field, `its lengths of BYTES do not fit its data and its shape [${shape.join(", ")}]`);
}
