import { fitsColumn } from "./number-ranges.ts";
import type { Rows } from "./rows.ts";

/** The rows of a Tensor whose packed values lie from `from` on. */
export function tensorRows(view: DataView, from: number, shape: readonly number[]): Rows {
  return {
    fit(ranges) {
      const width = ranges.whole.length;
      const [rows, columns] = shape;
      if (shape.length !== 2 || columns !== width) return false;
      let at = from;
      for (let row = 0; row < rows!; row++) {
        for (let column = 0; column < width; column++, at += 8) {
          if (!fitsColumn(ranges, column, view.getFloat64(at, true))) return false;
        }
      }
      return true;
    },
  };
}
