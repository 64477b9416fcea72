/** Of 64 bits. */
const maxVarintBytes = 10;

/** Builds a byte sequence piece by piece. */
export class ByteWriter {
  /** The written bytes, with room for more. Replaced by a larger buffer as needed. */
  buffer: Buffer;
  /** A view of the same bytes, for values wider than a byte. Replaced together with `buffer`. */
  view: DataView;
  /** How many bytes have been written. */
  length = 0;

  /** @param capacity how many bytes are expected */
  constructor(capacity: number) {
    this.buffer = Buffer.allocUnsafe(Math.max(64, capacity));
    this.view = viewOf(this.buffer);
  }

  /** Makes room for at least `size` more bytes in `buffer`. */
  reserve(size: number): void {
    if (this.length + size <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + size));
    larger.set(this.buffer.subarray(0, this.length));
    this.buffer = larger;
    this.view = viewOf(larger);
  }

  byte(value: number): void {
    this.reserve(1);
    this.buffer[this.length++] = value;
  }

  /** Appends a double as its eight bytes, the lowest first. */
  double(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** Appends 64 bits, in two halves from 0 to 2^32 - 1, as a varint of protobuf. */
  varint(low: number, high = 0): void {
    this.reserve(high === 0 ? varintSize(low) : maxVarintBytes);
    this.length = putVarint(this.buffer, this.length, low, high);
  }

  /**
   * Writes `size`, from 0 to 2^32 - 1, as a varint before `start`, where one byte has been reserved. What follows is
   * moved if the varint is longer.
   */
  sizeBefore(start: number, size: number): void {
    const more = varintSize(size) - 1;
    if (more > 0) {
      this.reserve(more);
      this.buffer.copyWithin(start + more, start, this.length);
      this.length += more;
    }
    putVarint(this.buffer, start - 1, size, 0);
  }

  /** Appends `source` from `start` up to, not including, `end`. */
  bytes(source: Uint8Array, start = 0, end = source.length): void {
    const size = end - start;
    this.reserve(size);
    if (size > 32) {
      this.buffer.set(source.subarray(start, end), this.length);
      this.length += size;
      return;
    }
    // For a few bytes, such as one number, a loop costs less than a call into native code.
    const { buffer } = this;
    let at = this.length;
    for (let from = start; from < end; from++) buffer[at++] = source[from]!;
    this.length = at;
  }

  /** Appends text as UTF-8. */
  text(text: string): void {
    this.reserve(text.length * 3);
    this.length += this.buffer.write(text, this.length);
  }

  /** What has been written. The writer is not to be used afterwards. */
  finish(): Buffer {
    return this.buffer.subarray(0, this.length);
  }
}

/** How many bytes a number from 0 to 2^32 - 1 takes as a varint. */
export function varintSize(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5;
}

/** Writes 64 bits from `start` on: seven to a byte, the lowest first. Returns where they end. */
function putVarint(buffer: Buffer, start: number, low: number, high: number): number {
  let at = start;
  let rest = low;
  let above = high;
  while (above > 0 || rest > 0x7f) {
    buffer[at++] = (rest & 0x7f) | 0x80;
    rest = ((rest >>> 7) | (above << 25)) >>> 0;
    above >>>= 7;
  }
  buffer[at++] = rest;
  return at;
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
