import { isUtf8 } from "node:buffer";
import type { ByteWriter } from "../../predict/json/byte-writer.ts";
import type { DatatypeName } from "../datatype.ts";
import { ElementProblem } from "../tensor-problem.ts";
import { bfloatToNumber, halfToNumber } from "./half.ts";

/**
 * Appends the element that lies at `at` in raw bytes as JSON text, and returns where the next one lies. The bytes have been
 * checked to hold it.
 */
export type ElementWriter = (view: DataView, at: number, json: ByteWriter) => number;

/** What writes the elements of a datatype. Numbers that are not finite become the bare words that model servers use. */
export const elementWriters: Readonly<Record<DatatypeName, ElementWriter>> = {
  BOOL(view, at, json) {
    json.text(view.getUint8(at) === 0 ? "false" : "true");
    return at + 1;
  },
  INT8: number(1, (view, at) => view.getInt8(at)),
  INT16: number(2, (view, at) => view.getInt16(at, true)),
  INT32: number(4, (view, at) => view.getInt32(at, true)),
  UINT8: number(1, (view, at) => view.getUint8(at)),
  UINT16: number(2, (view, at) => view.getUint16(at, true)),
  UINT32: number(4, (view, at) => view.getUint32(at, true)),
  INT64(view, at, json) {
    const high = view.getInt32(at + 4, true);
    const value = high * 0x1_0000_0000 + view.getUint32(at, true);
    json.text(Number.isSafeInteger(value) ? String(value) : String(view.getBigInt64(at, true)));
    return at + 8;
  },
  UINT64(view, at, json) {
    const value = view.getUint32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true);
    json.text(Number.isSafeInteger(value) ? String(value) : String(view.getBigUint64(at, true)));
    return at + 8;
  },
  FP16: number(2, (view, at) => halfToNumber(view.getUint16(at, true))),
  BF16: number(2, (view, at) => bfloatToNumber(view.getUint16(at, true))),
  FP32: number(4, (view, at) => view.getFloat32(at, true)),
  FP64: number(8, (view, at) => view.getFloat64(at, true)),
  BYTES(view, at, json) {
    const start = at + 4;
    const end = start + view.getUint32(at, true);
    json.text(JSON.stringify(textOf(Buffer.from(view.buffer, view.byteOffset + start, end - start))));
    return end;
  },
};

function number(bytes: number, read: (view: DataView, at: number) => number): ElementWriter {
  return (view, at, json) => {
    const value = read(view, at);
    json.text(value === 0 && Object.is(value, -0) ? "-0.0" : String(value));
    return at + bytes;
  };
}

/** @throws ElementProblem for bytes that JSON cannot hold */
function textOf(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new ElementProblem("contains bytes that are not UTF-8 text, which JSON cannot carry");
  return bytes.toString();
}
