import { outOfTurn, sliceElements } from "../../base/in-slices.ts";
import { ByteWriter } from "../../predict/json/byte-writer.ts";
import type { Datatype, DatatypeName } from "../datatype.ts";
import { elementCount } from "../tensor.ts";
import { TensorProblem } from "../tensor-problem.ts";
import type { ProtoReader } from "./proto-reader.ts";

const nothing = new Uint8Array();

/** Fields of `InferTensorContents` whose elements lie in the message as they lie in raw contents. */
const fixedFields: ReadonlySet<number> = new Set([6, 7]);

/**
 * What reads typed contents as raw bytes, to be called until it does not throw `outOfTurn`.
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
): () => Uint8Array {
  const own = datatype.contents;
  if (own === undefined) {
    throw new TensorProblem(field, `${datatype.name} has no typed contents; send it in raw_input_contents`);
  }
  const isFixed = fixedFields.has(own.field);
  const expected = elementCount(shape)!;
  const pieces: Uint8Array[] = [];
  let writer: ByteWriter | undefined;
  let count = 0;
  /** The list that is being read. */
  let packed: ProtoReader | undefined;
  const readField = (reader: ProtoReader): void => {
    if (reader.field !== own.field) {
      if (reader.field > 8) {
        reader.skip();
        return;
      }
      throw new TensorProblem(
        `${field}.contents`,
        `${datatype.name} goes into ${own.name}, and another field is filled`,
      );
    }
    if (isFixed) {
      // As they are: packed floats are raw floats. A list that is not packed is rare, and right.
      const piece = reader.isDelimited ? reader.chunk() : reader.fixed(datatype.bytes);
      pieces.push(piece);
      count += piece.byteLength / datatype.bytes;
      return;
    }
    writer ??= new ByteWriter(Math.min(expected * (datatype.bytes || 8), (reader.end - reader.at) * 8));
    if (datatype.bytes > 0 && reader.isDelimited) {
      packed = reader.message();
      return;
    }
    if (datatype.bytes === 0) appendBytes(writer, reader.chunk());
    else appendVarint(writer, reader, datatype, field, count);
    count++;
  };
  return () => {
    // More than the shape takes are not read to their end.
    for (let left = sliceElements; count <= expected; ) {
      if (left <= 0) throw outOfTurn;
      if (packed !== undefined) {
        for (; left > 0 && count <= expected && !packed.isAtEnd; left--) {
          appendVarint(writer!, packed, datatype, field, count);
          count++;
        }
        if (packed.isAtEnd) packed = undefined;
        continue;
      }
      if (contents?.next() !== true) break;
      readField(contents);
      left--;
    }
    if (count !== expected) {
      const found = count > expected ? "more elements" : `${count} elements`;
      throw new TensorProblem(
        `${field}.contents`,
        `has ${found}, but the shape [${shape.join(",")}] takes ${expected}`,
      );
    }
    if (pieces.length === 0) return writer?.finish() ?? nothing;
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  };
}

function appendBytes(raw: ByteWriter, bytes: Uint8Array): void {
  raw.reserve(4);
  raw.view.setUint32(raw.length, bytes.byteLength, true);
  raw.length += 4;
  raw.bytes(bytes);
}

function appendVarint(raw: ByteWriter, from: ProtoReader, datatype: Datatype, field: string, index: number): void {
  if (datatype.bytes === 8) {
    raw.reserve(8);
    from.packed64(raw.view, raw.length);
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

const delimited = 2;
const maxVarintBytes = 10;
/** What comes before packed elements takes so much at most: a tag and a length. */
const headBytes = 1 + maxVarintBytes;

/**
 * What encodes raw bytes, which have been checked, as an `InferTensorContents`; to be called until it does not throw `outOfTurn`.
 */
export function contentsFromRaw(datatype: Datatype, raw: Uint8Array): () => Uint8Array {
  const { field } = datatype.contents!;
  if (raw.byteLength === 0) return () => nothing;
  const writer = new ByteWriter(raw.byteLength + headBytes);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const tag = (field << 3) | delimited;
  let at = 0;
  if (datatype.bytes === 0) {
    return () => {
      for (let left = sliceElements; at < raw.byteLength; left--) {
        if (left === 0) throw outOfTurn;
        const size = view.getUint32(at, true);
        writer.byte(tag);
        writer.varint(size);
        writer.bytes(raw, at + 4, at + 4 + size);
        at += 4 + size;
      }
      return writer.finish();
    };
  }
  if (fixedFields.has(field)) {
    return () => {
      writer.byte(tag);
      writer.varint(raw.byteLength);
      writer.bytes(raw);
      return writer.finish();
    };
  }
  const write = varintWriters[datatype.name]!;
  // How long they are shows when all are written.
  writer.length = headBytes;
  return () => {
    for (let left = sliceElements; at < raw.byteLength; at += datatype.bytes, left--) {
      if (left === 0) throw outOfTurn;
      write(writer, view, at);
    }
    const head = new ByteWriter(headBytes);
    head.byte(tag);
    head.varint(writer.length - headBytes);
    const start = headBytes - head.length;
    writer.buffer.set(head.finish(), start);
    return writer.finish().subarray(start);
  };
}

/** What writes the integer at a place as a varint: negative ones as 64 bits. */
const varintWriters: Readonly<Partial<Record<DatatypeName, (writer: ByteWriter, view: DataView, at: number) => void>>> =
  {
    BOOL: (writer, view, at) => writer.varint(view.getUint8(at)),
    INT8: (writer, view, at) => writeSigned(writer, view.getInt8(at)),
    INT16: (writer, view, at) => writeSigned(writer, view.getInt16(at, true)),
    INT32: (writer, view, at) => writeSigned(writer, view.getInt32(at, true)),
    INT64: (writer, view, at) => writer.varint(view.getUint32(at, true), view.getUint32(at + 4, true)),
    UINT8: (writer, view, at) => writer.varint(view.getUint8(at)),
    UINT16: (writer, view, at) => writer.varint(view.getUint16(at, true)),
    UINT32: (writer, view, at) => writer.varint(view.getUint32(at, true)),
    UINT64: (writer, view, at) => writer.varint(view.getUint32(at, true), view.getUint32(at + 4, true)),
  };

function writeSigned(writer: ByteWriter, value: number): void {
  writer.varint(value >>> 0, value < 0 ? 0xffff_ffff : 0);
}
