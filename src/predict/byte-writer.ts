/** Builds a byte sequence piece by piece. */
export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  /** @param capacity how many bytes are expected */
  constructor(capacity: number) {
    this.#buffer = Buffer.allocUnsafe(Math.max(64, capacity));
  }

  byte(value: number): void {
    if (this.#length === this.#buffer.length) this.#grow(1);
    this.#buffer[this.#length++] = value;
  }

  /** Appends `source` from `start` up to, not including, `end`. */
  bytes(source: Uint8Array, start = 0, end = source.length): void {
    const size = end - start;
    if (this.#length + size > this.#buffer.length) this.#grow(size);
    if (size > 32) {
      this.#buffer.set(source.subarray(start, end), this.#length);
      this.#length += size;
      return;
    }
    // For a few bytes, such as one number, a loop costs less than a call into native code.
    for (let at = start; at < end; at++) this.#buffer[this.#length++] = source[at]!;
  }

  /** What has been written. The writer is not to be used afterwards. */
  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #grow(size: number): void {
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + size));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}
