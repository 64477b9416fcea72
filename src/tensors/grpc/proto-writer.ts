import { ByteWriter } from "../../predict/json/byte-writer.ts";

const wire = { varint: 0, fixed64: 1, delimited: 2 } as const;

/** Writes a protobuf message field by field. */
export class ProtoWriter {
  readonly #writer: ByteWriter;

  /** @param capacity how many bytes are expected */
  constructor(capacity: number) {
    this.#writer = new ByteWriter(capacity);
  }

  /** A number as a varint, without a tag: an item of a packed list. */
  varint(value: number | bigint): void {
    const writer = this.#writer;
    writer.reserve(10);
    let rest = value;
    if (typeof rest === "bigint") {
      for (; rest > 0x7fn; rest >>= 7n) writer.buffer[writer.length++] = Number(rest & 0x7fn) | 0x80;
      writer.buffer[writer.length++] = Number(rest);
      return;
    }
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) writer.buffer[writer.length++] = (rest & 0x7f) | 0x80;
    writer.buffer[writer.length++] = rest;
  }

  /** An int64 or uint64. */
  integer(field: number, value: bigint): void {
    this.varint((field << 3) | wire.varint);
    this.varint(BigInt.asUintN(64, value));
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

  /** A text; nothing where it is empty, which is the default. */
  text(field: number, value: string): void {
    if (value !== "") this.bytes(field, Buffer.from(value));
  }

  /** A message, or a packed list. */
  message(field: number, write: (message: ProtoWriter) => void): void {
    const message = new ProtoWriter(64);
    write(message);
    this.bytes(field, message.finish());
  }

  /** What has been written. The writer is not to be used afterwards. */
  finish(): Buffer {
    return this.#writer.finish();
  }
}
