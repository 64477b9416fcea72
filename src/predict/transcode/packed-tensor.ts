import { outOfTurn, sliceBytes } from "../../base/in-slices.ts";
import type { CheckedRequest } from "../checked-request.ts";
import { ByteWriter } from "../json/byte-writer.ts";
import { appendRows } from "../json/number-writer.ts";
import { tensorRows } from "../rows/tensor-rows.ts";

/** More dimensions are refused. */
export const maxDimensions = 8;

const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const CLOSE_BRACE = 0x7d;
const openInstances = Buffer.from('{"instances":');

/**
 * A tensor as a KServe v1 request.
 *
 * @param packed its doubles, the lowest byte of each first; as many as `shape` says
 * @param shape up to 8 dimensions, none of them 0
 * @param members further members of the request as JSON text, each with a comma before it
 */
export function tensorRequest(packed: Uint8Array, shape: readonly number[], members = ""): CheckedRequest {
  return tensorWriting(packed, shape, members, Number.POSITIVE_INFINITY)();
}

/** The same in slices, by what is to be called until it does not throw `outOfTurn`. */
export function tensorRequestInSlices(
  packed: Uint8Array,
  shape: readonly number[],
  bytesAtOnce = sliceBytes,
): () => CheckedRequest {
  return tensorWriting(packed, shape, "", bytesAtOnce);
}

function tensorWriting(
  packed: Uint8Array,
  shape: readonly number[],
  members: string,
  bytesAtOnce: number,
): () => CheckedRequest {
  const writer = new ByteWriter(packed.length * 2 + 64);
  writer.bytes(openInstances);
  const writing = writeNested(writer, packed, shape, 0);
  return () => {
    const from = writer.length;
    while (writing.next().done !== true) if (writer.length - from >= bytesAtOnce) throw outOfTurn;
    writer.text(members);
    writer.byte(CLOSE_BRACE);
    const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
    return { body: trimmed(writer.finish()), instanceCount: shape[0]!, rows: tensorRows(view, 0, shape) };
  };
}

/** Room of more bytes than this is given back where it was not needed. */
const maxSpareBytes = 1024 * 1024;

/**
 * The same bytes, without most of the room behind them: numbers of one digit take a fraction of what is reserved. Memory outside the
 * heap that waits for the garbage collector makes it stop everything once there is too much.
 */
function trimmed(bytes: Buffer): Buffer {
  const { buffer, byteOffset, length } = bytes;
  if (byteOffset > 0 || !(buffer instanceof ArrayBuffer) || buffer.byteLength - length <= maxSpareBytes) return bytes;
  return Buffer.from(buffer.transfer(length));
}

/** Writes one dimension of a tensor, and those within it, step by step. */
function* writeNested(
  writer: ByteWriter,
  packed: Uint8Array,
  shape: readonly number[],
  dimension: number,
): Generator<void, void> {
  const [size, width] = [shape[dimension]!, shape[dimension + 1]];
  writer.byte(OPEN_BRACKET);
  if (width === undefined) {
    yield* appendRows(writer, packed, size);
  } else if (dimension + 2 === shape.length) {
    writer.byte(OPEN_BRACKET);
    yield* appendRows(writer, packed, width);
    writer.byte(CLOSE_BRACKET);
  } else {
    const step = packed.length / size;
    for (let i = 0; i < size; i++) {
      if (i > 0) {
        yield;
        writer.byte(COMMA);
      }
      yield* writeNested(writer, packed.subarray(i * step, (i + 1) * step), shape, dimension + 1);
    }
  }
  writer.byte(CLOSE_BRACKET);
}
