import { ByteWriter } from "../../predict/json/byte-writer.ts";

const wire = { varint: 0, fixed64: 1, delimited: 2 } as const;

/** A text of no more characters has fewer than 128 bytes, whose number takes one byte. */
const shortText = 42;

/** Smaller bytes than so many are not worth a piece of their own. */
export const lentFrom = 4096;

/** Writes a protobuf message field by field. */
export class ProtoWriter {
  #writer: ByteWriter;
  /** What comes before what is being written. */
  readonly #pieces: Uint8Array[] = [];

  /** @param capacity how many bytes are expected */
  constructor(capacity: number) {
    this.#writer = new ByteWriter(capacity);
  }

  /** A number as a varint, without a tag: an item of a packed list. */
  varint(value: number | bigint): void {
    const writer = this.#writer;
    if (typeof value === "bigint")
      writer.varint(Number(BigInt.asUintN(32, value)), Number(BigInt.asUintN(32, value >> 32n)));
    else if (value > 0xffff_ffff) writer.varint(value >>> 0, Math.floor(value / 2 ** 32));
    else writer.varint(value);
  }

  /** An int64 or uint64. */
  integer(field: number, value: bigint): void {
    this.varint((field << 3) | wire.varint);
    this.varint(value);
  }

  /** The value of an enum, or a whole number from 0 on; nothing where it is 0, which is the default. */
  count(field: number, value: number): void {
    if (value === 0) return;
    this.varint((field << 3) | wire.varint);
    this.varint(value);
  }

  bool(field: number, value: boolean): void {
    this.varint((field << 3) | wire.varint);
    this.varint(value ? 1 : 0);
  }

  double(field: number, value: number): void {
    this.varint((field << 3) | wire.fixed64);
    this.#writer.double(value);
  }

  bytes(field: number, value: Uint8Array): void {
    this.varint((field << 3) | wire.delimited);
    this.varint(value.byteLength);
    this.#writer.bytes(value);
  }

  /** The same, where large ones are not copied (`finishPieces`): they must not change any more. */
  lentBytes(field: number, value: Uint8Array): void {
    if (value.byteLength < lentFrom) {
      this.bytes(field, value);
      return;
    }
    this.varint((field << 3) | wire.delimited);
    this.varint(value.byteLength);
    this.#pieces.push(this.#writer.finish(), value);
    this.#writer = new ByteWriter(64);
  }

  /** A text; nothing where it is empty, which is the default. */
  text(field: number, value: string): void {
    if (value === "") return;
    if (value.length > shortText) {
      this.bytes(field, Buffer.from(value));
      return;
    }
    this.varint((field << 3) | wire.delimited);
    const writer = this.#writer;
    writer.reserve(1);
    const lengthAt = writer.length++;
    writer.text(value);
    writer.buffer[lengthAt] = writer.length - lengthAt - 1;
  }

  /** Fields that are encoded already, with their tags. */
  encoded(fields: Uint8Array): void {
    this.#writer.bytes(fields);
  }

  /** A message, or a packed list. */
  message(field: number, write: (message: ProtoWriter) => void): void {
    this.varint((field << 3) | wire.delimited);
    const writer = this.#writer;
    // Most are short enough for a length of one byte, which goes before them when it is known.
    writer.reserve(1);
    const start = ++writer.length;
    write(this);
    writer.sizeBefore(start, writer.length - start);
  }

  /** What has been written. The writer is not to be used afterwards. */
  finish(): Buffer {
    const last = this.#writer.finish();
    return this.#pieces.length === 0 ? last : Buffer.concat([...this.#pieces, last]);
  }

  /** The same in pieces, at least one. */
  finishPieces(): readonly Uint8Array[] {
    const last = this.#writer.finish();
    return this.#pieces.length === 0 || last.byteLength > 0 ? [...this.#pieces, last] : this.#pieces;
  }
}
