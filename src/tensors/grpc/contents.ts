import { ByteWriter } from "../../predict/json/byte-writer.ts";
import type { Datatype } from "../datatype.ts";
import { elementCount } from "../tensor.ts";
import { TensorProblem } from "../tensor-problem.ts";
import type { ProtoReader } from "./proto-reader.ts";
import type { ProtoWriter } from "./proto-writer.ts";

const nothing = new Uint8Array();

/** Fields of `InferTensorContents` whose elements lie in the message as they lie in raw contents. */
const fixedFields: ReadonlySet<number> = new Set([6, 7]);

/**
 * Reads typed contents as raw bytes.
 *
 * @param contents an `InferTensorContents`; undefined where there is none
 * @param field names the tensor in errors
 * @throws TensorProblem, MalformedMessage
 */
export function rawFromContents(
  contents: ProtoReader | undefined,
  datatype: Datatype,
  shape: readonly number[],
  field: string,
): Uint8Array {
  const own = datatype.contents;
  if (own === undefined) {
    throw new TensorProblem(field, `${datatype.name} has no typed contents; send it in raw_input_contents`);
  }
  const pieces: Uint8Array[] = [];
  const writer = new ByteWriter(0);
  let count = 0;
  const expected = elementCount(shape)!;
  // More than the shape takes are not read to their end.
  while (count <= expected && contents?.next() === true) {
    if (contents.field !== own.field) {
      if (contents.field > 8) {
        contents.skip();
        continue;
      }
      throw new TensorProblem(
        `${field}.contents`,
        `${datatype.name} goes into ${own.name}, and another field is filled`,
      );
    }
    if (datatype.bytes === 0) {
      const bytes = contents.chunk();
      writer.reserve(4);
      writer.view.setUint32(writer.length, bytes.byteLength, true);
      writer.length += 4;
      writer.bytes(bytes);
      count++;
    } else if (fixedFields.has(own.field) && contents.isDelimited) {
      // As they are: packed floats are raw floats.
      const chunk = contents.chunk();
      pieces.push(chunk);
      count += chunk.byteLength / datatype.bytes;
    } else if (contents.isDelimited) {
      const packed = contents.message();
      while (count <= expected && !packed.isAtEnd) {
        appendVarint(writer, packed, datatype, field, count);
        count++;
      }
    } else {
      // A list that is not packed: rare, and right.
      if (fixedFields.has(own.field)) pieces.push(contents.fixed(datatype.bytes));
      else appendVarint(writer, contents, datatype, field, count);
      count++;
    }
  }
  if (count !== expected) {
    const found = count > expected ? "more elements" : `${count} elements`;
    throw new TensorProblem(`${field}.contents`, `has ${found}, but the shape [${shape.join(",")}] takes ${expected}`);
  }
  if (pieces.length === 0) return writer.length === 0 ? nothing : writer.finish();
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
}

function appendVarint(raw: ByteWriter, from: ProtoReader, datatype: Datatype, field: string, index: number): void {
  if (datatype.bytes === 8) {
    raw.reserve(8);
    raw.view.setBigUint64(raw.length, from.packed(), true);
    raw.length += 8;
    return;
  }
  const value = datatype.name.startsWith("U") ? from.packed32() >>> 0 : from.packed32();
  if (datatype.name === "BOOL") {
    raw.byte(value === 0 ? 0 : 1);
    return;
  }
  const { min, max } = datatype.range!;
  if (value < min || value > max) {
    throw new TensorProblem(`${field}.contents[${index}]`, `${value} is not from ${min} to ${max} (${datatype.name})`);
  }
  raw.reserve(4);
  raw.view.setInt32(raw.length, value | 0, true);
  raw.length += datatype.bytes;
}

/** Writes raw bytes, which have been checked, as an `InferTensorContents`. */
export function writeContents(writer: ProtoWriter, datatype: Datatype, raw: Uint8Array): void {
  const own = datatype.contents!;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  if (datatype.bytes === 0) {
    for (let at = 0; at < raw.byteLength; ) {
      const size = view.getUint32(at, true);
      writer.bytes(own.field, raw.subarray(at + 4, at + 4 + size));
      at += 4 + size;
    }
  } else if (raw.byteLength === 0) {
    return;
  } else if (fixedFields.has(own.field)) {
    writer.bytes(own.field, raw);
  } else {
    writer.message(own.field, (packed) => {
      for (let at = 0; at < raw.byteLength; at += datatype.bytes) packed.varint(integerAt(view, at, datatype));
    });
  }
}

/** As a varint takes it: negative ones as 64 bits. */
function integerAt(view: DataView, at: number, { name }: Datatype): number | bigint {
  switch (name) {
    case "INT8":
      return signed(view.getInt8(at));
    case "INT16":
      return signed(view.getInt16(at, true));
    case "INT32":
      return signed(view.getInt32(at, true));
    case "UINT16":
      return view.getUint16(at, true);
    case "UINT32":
      return view.getUint32(at, true);
    case "INT64":
    case "UINT64":
      return view.getBigUint64(at, true);
    default:
      return view.getUint8(at);
  }
}

function signed(value: number): number | bigint {
  return value < 0 ? BigInt.asUintN(64, BigInt(value)) : value;
}
