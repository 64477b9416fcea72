import { isUtf8 } from "node:buffer";

/** A message that the fast readers and writers do not take: it is left to the general decoder. */
export class FastPathMiss extends Error {}

/** One for all: it is not a fault, and a stack would cost more than the decoding. */
export const fastPathMiss = new FastPathMiss("not in the form of the fast path");

/** Reads the protobuf wire format. Anything unusual ends in `fastPathMiss`. */
export class WireReader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  pos = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** A varint of up to 28 bits: every tag and length of a message below 256 MiB. */
  varint(): number {
    let byte = this.bytes[this.pos++];
    if (byte === undefined) throw fastPathMiss;
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let shift = 7; shift <= 21; shift += 7) {
      byte = this.bytes[this.pos++];
      if (byte === undefined) throw fastPathMiss;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw fastPathMiss;
  }

  /** The end of a length-delimited field whose length comes next, within `limit`. */
  end(limit: number): number {
    const length = this.varint();
    const end = this.pos + length;
    if (end > limit) throw fastPathMiss;
    return end;
  }
}

/** The text that lies from `start` to `end`. @throws FastPathMiss where it is not UTF-8 */
export function utf8Text(bytes: Uint8Array, start: number, end: number): string {
  const slice = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
  if (!isUtf8(slice)) throw fastPathMiss;
  return slice.toString();
}
