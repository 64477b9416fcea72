import { rawOf } from "../raw-elements.ts";
import type { Tensor } from "../tensor.ts";

/** The rows of one request to a model server. */
export interface RowBatch {
  /** Each begins with the rows. */
  readonly tensors: readonly Tensor[];
  /** How many rows there are. */
  readonly count: number;
}

/**
 * Splits rows where a server takes fewer at a time, each batch when it is asked for. Nothing is copied.
 *
 * @param batch its tensors held as raw bytes, as many elements as their shapes say
 * @param size the most rows of a batch, 1 or more
 */
export function* splitRows({ tensors, count }: RowBatch, size: number): Iterable<RowBatch> {
  const cuts = tensors.map((tensor) => createCut(tensor, count));
  for (let start = 0; start < count; start += size) {
    const rows = Math.min(size, count - start);
    yield { tensors: cuts.map((cut) => cut(rows)), count: rows };
  }
}

/** Cuts so many rows off a tensor, from its first to its last. */
function createCut(tensor: Tensor, count: number): (rows: number) => Tensor {
  const raw = rawOf(tensor);
  const { bytes } = tensor.datatype;
  const [, ...cell] = tensor.shape;
  const perRow = cell.reduce((product, size) => product * size, 1);
  const endOf = bytes > 0 ? (at: number, rows: number) => at + rows * perRow * bytes : endOfTexts(raw, perRow);
  let at = 0;
  let left = count;
  return (rows) => {
    left -= rows;
    const start = at;
    at = left === 0 ? raw.byteLength : endOf(at, rows);
    return { ...tensor, shape: [rows, ...cell], data: { raw: raw.subarray(start, at) } };
  };
}

function endOfTexts(raw: Uint8Array, perRow: number): (at: number, rows: number) => number {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return (start, rows) => {
    let at = start;
    for (let i = rows * perRow; i > 0; i--) at += 4 + view.getUint32(at, true);
    return at;
  };
}
