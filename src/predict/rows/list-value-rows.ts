import { type Slices, sliceElements } from "../../base/in-slices.ts";
import { ByteWriter } from "../json/byte-writer.ts";
import { fitsColumn } from "./number-ranges.ts";
import type { Rows } from "./rows.ts";

/** A number as a `values` of a ListValue: its tag and length, the tag of `number_value`, eight bytes. */
export const cellBytes = 11;
export const cellStart = 0x0a_09_11;

/** The rows of a google.protobuf.ListValue whose content lies from `from` to `end`. */
export function listValueRows(view: DataView, from: number, end: number): Rows {
  return {
    *fit(ranges): Slices<boolean> {
      const width = ranges.whole.length;
      const start = rowStart(width * cellBytes);
      const rowBytes = start.length + width * cellBytes;
      if ((end - from) % rowBytes !== 0) return false;
      let left = sliceElements;
      for (let at = from; at < end; ) {
        for (const byte of start) if (view.getUint8(at++) !== byte) return false;
        for (let column = 0; column < width; column++, at += cellBytes) {
          if (view.getUint32(at) >>> 8 !== cellStart) return false;
          if (!fitsColumn(ranges, column, view.getFloat64(at + 3, true))) return false;
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

/** The start of a row whose cells take `contentBytes`: a `values` that contains a `list_value`. */
function rowStart(contentBytes: number): Uint8Array {
  const list = new ByteWriter(8);
  list.byte(0x32);
  list.varint(contentBytes);
  const start = new ByteWriter(16);
  start.byte(0x0a);
  start.varint(list.length + contentBytes);
  start.bytes(list.finish());
  return start.finish();
}
