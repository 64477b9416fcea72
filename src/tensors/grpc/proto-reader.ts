import { isUtf8 } from "node:buffer";
import { asBuffer } from "../../base/as-buffer.ts";
import { TensorProblem } from "../tensor-problem.ts";

/** A message that is not in the wire format of protobuf, or breaks off. */
export class MalformedMessage extends TensorProblem {
  constructor(why: string) {
    super("message", `is not in the wire format of protobuf: ${why}`);
  }
}

const wire = { varint: 0, fixed64: 1, delimited: 2, fixed32: 5 } as const;

/**
 * A message of more fields is refused: small ones would hold up others, and each may become an object. Elements of typed contents
 * are not counted, since they are read in slices.
 */
export const maxFields = 65_536;

/** How many fields may still come, of a message and of those within it. */
interface FieldsLeft {
  count: number;
}

/** A text of no more bytes is looked through here for what is not ASCII: a call into native code would cost more. */
const shortText = 64;

/** Reads the fields of a protobuf message one by one, without a copy. */
export class ProtoReader {
  readonly bytes: Buffer;
  /** Where the message ends. */
  readonly end: number;
  /** The number of the field that `next` has come to. */
  field = 0;
  readonly #left: FieldsLeft;
  #wireType = 0;
  #at: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.byteLength, left: FieldsLeft = { count: maxFields }) {
    this.bytes = asBuffer(bytes);
    this.#at = start;
    this.end = end;
    this.#left = left;
  }

  /** Where the next field, or the value of this one, starts. */
  get at(): number {
    return this.#at;
  }

  /** Goes to the next field. False at the end. @throws MalformedMessage */
  next(): boolean {
    if (this.#at >= this.end) return false;
    if (--this.#left.count < 0) throw new MalformedMessage(`it has more than ${maxFields} fields`);
    const tag = this.#small();
    this.field = tag >>> 3;
    this.#wireType = tag & 7;
    if (this.field === 0) throw new MalformedMessage("there is no field 0");
    return true;
  }

  /** Passes over the value of a field. @throws MalformedMessage */
  skip(): void {
    switch (this.#wireType) {
      case wire.varint:
        this.#varint();
        return;
      case wire.fixed64:
        this.#advance(8);
        return;
      case wire.delimited:
        this.#advance(this.#small());
        return;
      case wire.fixed32:
        this.#advance(4);
        return;
      default:
        throw new MalformedMessage(`wire type ${this.#wireType} is not taken`);
    }
  }

  /** Whether the value is one of a packed list, or a text, bytes or message. */
  get isDelimited(): boolean {
    return this.#wireType === wire.delimited;
  }

  /** @throws MalformedMessage */
  chunk(): Uint8Array {
    const start = this.#delimited();
    return this.bytes.subarray(start, this.#at);
  }

  /** @throws MalformedMessage */
  text(): string {
    const start = this.#delimited();
    const { bytes } = this;
    const end = this.#at;
    if (end - start <= shortText && isAscii(bytes, start, end)) return bytes.toString("latin1", start, end);
    if (!isUtf8(bytes.subarray(start, end))) throw new MalformedMessage("a text is not UTF-8");
    return bytes.toString("utf8", start, end);
  }

  /** A message within this one. @throws MalformedMessage */
  message(): ProtoReader {
    const start = this.#delimited();
    return new ProtoReader(this.bytes, start, this.#at, this.#left);
  }

  /** A message within this one that may have any number of fields. @throws MalformedMessage */
  unboundedMessage(): ProtoReader {
    const start = this.#delimited();
    return new ProtoReader(this.bytes, start, this.#at, { count: Number.POSITIVE_INFINITY });
  }

  /** An int64, as a number where it is exact as one. @throws MalformedMessage */
  int64(): bigint {
    this.#expect(wire.varint);
    return BigInt.asIntN(64, this.#varint());
  }

  /** @throws MalformedMessage */
  uint64(): bigint {
    this.#expect(wire.varint);
    return BigInt.asUintN(64, this.#varint());
  }

  /** @throws MalformedMessage */
  bool(): boolean {
    this.#expect(wire.varint);
    return this.#varint() !== 0n;
  }

  /** @throws MalformedMessage */
  double(): number {
    this.#expect(wire.fixed64);
    const start = this.#at;
    this.#advance(8);
    return new DataView(this.bytes.buffer, this.bytes.byteOffset + start, 8).getFloat64(0, true);
  }

  /** A number of fixed size, as its bytes. @throws MalformedMessage */
  fixed(size: number): Uint8Array {
    this.#expect(size === 8 ? wire.fixed64 : wire.fixed32);
    const start = this.#at;
    this.#advance(size);
    return this.bytes.subarray(start, this.#at);
  }

  /**
   * Writes a varint as 64 bits, the lowest byte first: an item of a packed list, or the value of a field.
   *
   * @throws MalformedMessage
   */
  packed64(into: DataView, offset: number): void {
    const { bytes } = this;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#at < this.end ? bytes[this.#at++]! : undefined;
      if (byte === undefined) throw new MalformedMessage("it breaks off");
      const bits = byte & 0x7f;
      if (shift < 32) low |= bits << shift;
      if (shift === 28) high = bits >>> 4;
      else if (shift > 28) high |= bits << (shift - 32);
      if (byte < 0x80) {
        into.setInt32(offset, low, true);
        into.setInt32(offset + 4, high, true);
        return;
      }
    }
    throw new MalformedMessage("a varint is too long");
  }

  /** An int64 of a packed list; a number where it is from 0 to 2^28 - 1, as sizes nearly always are. @throws MalformedMessage */
  packedSize(): number | bigint {
    const start = this.#at;
    let value = 0;
    for (let shift = 0; shift < 28 && this.#at < this.end; shift += 7) {
      const byte = this.bytes[this.#at++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    this.#at = start;
    return BigInt.asIntN(64, this.#varint());
  }

  /** A varint as far as 32 bits go, which is all that an int32, a uint32 or a bool means of it. @throws MalformedMessage */
  packed32(): number {
    const { bytes } = this;
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#at < this.end ? bytes[this.#at++]! : undefined;
      if (byte === undefined) throw new MalformedMessage("it breaks off");
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new MalformedMessage("a varint is too long");
  }

  get isAtEnd(): boolean {
    return this.#at >= this.end;
  }

  /** Passes over a text, bytes or a message. Returns where it starts. */
  #delimited(): number {
    this.#expect(wire.delimited);
    const size = this.#small();
    const start = this.#at;
    this.#advance(size);
    return start;
  }

  #expect(wireType: number): void {
    if (this.#wireType !== wireType) throw new MalformedMessage(`field ${this.field} has another wire type`);
  }

  #advance(size: number): void {
    if (size > this.end - this.#at) throw new MalformedMessage("it breaks off");
    this.#at += size;
  }

  /** A tag or a size: below 2^31. */
  #small(): number {
    const value = this.packed32();
    if (value < 0) throw new MalformedMessage("a size is too large");
    return value;
  }

  #varint(): bigint {
    const { bytes } = this;
    let low = 0;
    let high = 0n;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#at < this.end ? bytes[this.#at++]! : undefined;
      if (byte === undefined) throw new MalformedMessage("it breaks off");
      // Nearly all of them are short.
      if (shift < 28) low |= (byte & 0x7f) << shift;
      else high |= BigInt(byte & 0x7f) << BigInt(shift);
      if (byte < 0x80) return shift < 28 ? BigInt(low) : BigInt.asUintN(64, high | BigInt(low));
    }
    throw new MalformedMessage("a varint is too long");
  }
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at]! > 0x7f) return false;
  return true;
}
