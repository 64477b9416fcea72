import type { Slices } from "../../base/in-slices.ts";
import { ByteWriter, varintSize } from "../json/byte-writer.ts";
import type { JsonScanner } from "../json/json-scanner.ts";
import { listLevels, maxMessageDepth, objectLevels, tooDeepForMessages } from "./message-depth.ts";
import { listItemTag, memberTag, ValueEncoder, valueTag } from "./value-encoder.ts";

const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Writing a text takes this many times as long as scanning it. */
const writingTakes = 4;
/** About how many slices of text make up one piece of the message. */
const slicesPerPiece = 16;

/** A length that does not fit into the one byte reserved for it. */
interface Length {
  /** The position of that byte in everything written so far. */
  readonly at: number;
  readonly value: number;
}

/**
 * Encodes JSON values, whose syntax has been checked, into messages in slices, at any depth of nesting. The output is
 * kept in pieces. Lengths that need more than the reserved byte are inserted when the pieces are joined, so that
 * nothing long is moved.
 */
export class LongValueEncoder {
  readonly #scanner: JsonScanner;
  readonly #bytesAtOnce: number;
  readonly #pieceBytes: number;
  readonly #pieces: Buffer[] = [];
  readonly #lengths: Length[] = [];
  /** The total size of the pieces, and by how much the lengths will extend it. */
  #sealed = 0;
  #added = 0;
  #writer: ByteWriter;
  #encoder: ValueEncoder;
  /** The start of the contents of each open field, and how much had been added before it. */
  readonly #starts: number[] = [];
  readonly #addedBefore: number[] = [];

  /**
   * @param bytesAtOnce how much text is scanned in a slice; of what is written a part of it takes as long
   * @param expectedBytes how long the message is, about. Default: very long
   */
  constructor(scanner: JsonScanner, bytesAtOnce: number, expectedBytes = Number.POSITIVE_INFINITY) {
    this.#scanner = scanner;
    this.#bytesAtOnce = bytesAtOnce;
    this.#pieceBytes = slicesPerPiece * bytesAtOnce;
    this.#writer = new ByteWriter(Math.min(expectedBytes, this.#pieceBytes));
    this.#encoder = new ValueEncoder(scanner, this.#writer);
  }

  /** A writer for short contents that come next, valid until this encoder writes more. */
  get writer(): ByteWriter {
    return this.#writer;
  }

  /** Begins a length-delimited field. */
  open(fieldTag: number): void {
    this.#writer.byte(fieldTag);
    this.#writer.byte(0);
    this.#starts.push(this.#sealed + this.#writer.length);
    this.#addedBefore.push(this.#added);
  }

  /** Ends the field that was begun last. */
  close(): void {
    const start = this.#starts.pop()!;
    const length = this.#sealed + this.#writer.length - start + this.#added - this.#addedBefore.pop()!;
    if (start > this.#sealed) {
      this.#writer.sizeBefore(start - this.#sealed, length);
      return;
    }
    this.#lengths.push({ at: start - 1, value: length });
    this.#added += varintSize(length) - 1;
  }

  /** One of many doubles of a packed field. */
  double(value: number): void {
    if (this.#writer.length >= this.#pieceBytes) this.#seal();
    this.#writer.double(value);
  }

  /** A member of a Struct. */
  *member(name: string, valueStart: number): Slices<void> {
    this.open(memberTag.member);
    this.#encoder.string(memberTag.name, name);
    this.open(memberTag.value);
    yield* this.value(valueStart);
    this.close();
    this.close();
    if (this.#writer.length >= this.#bytesAtOnce) {
      this.#seal();
      yield;
    }
  }

  /**
   * The google.protobuf.Value of the JSON value at `start`, in a field that has been begun.
   *
   * @throws RegistryError MODEL_BAD_ANSWER when it is deeper than clients decode
   */
  *value(start: number): Slices<void> {
    const scanner = this.#scanner;
    const { bytes } = scanner;
    if (!isNested(bytes[start]!)) {
      this.#encoder.value(start);
      return;
    }
    /** Of the lists and objects that are open, whether they are objects, and how many fields each takes. */
    const areObjects: boolean[] = [];
    const fields: number[] = [];
    let depth = 1;
    const begin = (byte: number, outerFields: number): void => {
      const isObject = byte === OPEN_BRACE;
      depth += isObject ? objectLevels : listLevels;
      if (depth > maxMessageDepth) throw tooDeepForMessages();
      this.open(isObject ? valueTag.struct : valueTag.list);
      areObjects.push(isObject);
      fields.push(outerFields + 1);
    };
    begin(bytes[start]!, 0);
    let at = start + 1;
    const bytesAtOnce = this.#bytesAtOnce / writingTakes;
    let sliceEnd = at + bytesAtOnce;
    while (fields.length > 0) {
      const byte = bytes[at]!;
      if (byte === COMMA || byte <= 0x20) {
        at++;
      } else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) {
        depth -= areObjects.pop() ? objectLevels : listLevels;
        for (let left = fields.pop()!; left > 0; left--) this.close();
        at++;
      } else if (areObjects[areObjects.length - 1]) {
        const nameEnd = scanner.value(at, 0);
        this.open(memberTag.member);
        this.#encoder.string(memberTag.name, scanner.name(at, nameEnd));
        this.open(memberTag.value);
        at = scanner.space(scanner.space(nameEnd) + 1);
        if (isNested(bytes[at]!)) {
          begin(bytes[at]!, 2);
          at++;
        } else {
          at = this.#encoder.value(at);
          this.close();
          this.close();
        }
      } else if (isNested(byte)) {
        this.open(listItemTag);
        begin(byte, 1);
        at++;
      } else {
        at = this.#encoder.listItem(at);
      }
      if (at < sliceEnd) continue;
      if (this.#writer.length >= this.#pieceBytes) this.#seal();
      yield;
      sliceEnd = at + bytesAtOnce;
    }
  }

  /** All that has been written. */
  *finish(): Slices<Buffer> {
    if (this.#pieces.length === 0) return this.#writer.finish();
    this.#seal();
    const whole = new ByteWriter(this.#sealed + this.#added);
    const lengths = this.#lengths.sort((a, b) => a.at - b.at);
    let next = 0;
    let start = 0;
    for (const piece of this.#pieces) {
      const end = start + piece.length;
      let copied = 0;
      for (; next < lengths.length && lengths[next]!.at < end; next++) {
        const { at, value } = lengths[next]!;
        whole.bytes(piece, copied, at - start);
        whole.varint(value);
        copied = at - start + 1;
      }
      whole.bytes(piece, copied);
      start = end;
      yield;
    }
    return whole.finish();
  }

  #seal(): void {
    this.#pieces.push(this.#writer.finish());
    this.#sealed += this.#writer.length;
    this.#writer = new ByteWriter(this.#pieceBytes);
    this.#encoder = new ValueEncoder(this.#scanner, this.#writer);
  }
}

function isNested(byte: number): boolean {
  return byte === OPEN_BRACKET || byte === OPEN_BRACE;
}
