import { type Slices, sliceElements } from "../../base/in-slices.ts";
import { fitsColumn } from "./number-ranges.ts";
import type { Rows } from "./rows.ts";

/** The rows of a Tensor whose packed values lie from `from` on. */
export function tensorRows(view: DataView, from: number, shape: readonly number[]): Rows {
  return {
    *fit(ranges): Slices<boolean> {
      const width = ranges.whole.length;
      const [rows, columns] = shape;
      if (shape.length !== 2 || columns !== width) return false;
      let at = from;
      let left = sliceElements;
      for (let row = 0; row < rows!; row++) {
        for (let column = 0; column < width; column++, at += 8) {
          if (!fitsColumn(ranges, column, view.getFloat64(at, true))) return false;
        }
        left -= width;
        if (left > 0) continue;
        left = sliceElements;
        yield;
      }
      return true;
    },
  };
}
