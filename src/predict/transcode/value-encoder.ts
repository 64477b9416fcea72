import type { ByteWriter } from "../json/byte-writer.ts";
import type { JsonScanner } from "../json/json-scanner.ts";
import { listLevels, maxMessageDepth, objectLevels } from "./message-depth.ts";
import { fastPathMiss } from "./wire.ts";

/** Tags of the fields of google.protobuf.Value. */
export const valueTag = { null: 0x08, number: 0x11, string: 0x1a, bool: 0x20, struct: 0x2a, list: 0x32 } as const;

/** The tag of the values of a ListValue. */
export const listItemTag = 0x0a;
/** Tags of the members of a Struct, and of what they consist of. */
export const memberTag = { member: 0x0a, name: 0x0a, value: 0x12 } as const;

const COMMA = 0x2c;
const MINUS = 0x2d;
const CLOSE_BRACKET = 0x5d;

const bareWords = new Map([
  [0x4e, "NaN"],
  [0x49, "Infinity"],
]);

/**
 * Writes JSON values, whose syntax has been checked, as messages of google.protobuf.Value, from the scanner's bytes.
 * What it cannot write as the general encoder would ends in `FastPathMiss`.
 */
export class ValueEncoder {
  readonly #scanner: JsonScanner;
  readonly #bytes: Uint8Array;
  readonly #writer: ByteWriter;
  /** How deep the message of the current value lies. */
  #depth = 1;

  constructor(scanner: JsonScanner, writer: ByteWriter) {
    this.#scanner = scanner;
    this.#bytes = scanner.bytes;
    this.#writer = writer;
  }

  /** A length-delimited field. One byte is kept for its length; longer contents are moved by what is missing. */
  field(fieldTag: number, writeContent: () => number): number {
    const writer = this.#writer;
    writer.byte(fieldTag);
    writer.byte(0);
    const start = writer.length;
    const end = writeContent();
    writer.sizeBefore(start, writer.length - start);
    return end;
  }

  /** The google.protobuf.Value of the JSON value at `start`. Returns where that ends. */
  value(start: number): number {
    const writer = this.#writer;
    const byte = this.#bytes[start]!;
    if ((byte >= 0x30 && byte <= 0x39) || byte === MINUS) return this.#number(start);
    switch (byte) {
      case 0x5b:
        return this.#nested(listLevels, () => this.field(valueTag.list, () => this.#list(start)));
      case 0x7b:
        return this.#nested(objectLevels, () => this.field(valueTag.struct, () => this.#struct(start)));
      case 0x22: {
        const end = this.#scanner.value(start, 0);
        this.string(valueTag.string, this.#scanner.text(start, end));
        return end;
      }
      case 0x74:
        writer.byte(valueTag.bool);
        writer.byte(1);
        return start + 4;
      case 0x66:
        writer.byte(valueTag.bool);
        writer.byte(0);
        return start + 5;
      case 0x6e:
        writer.byte(valueTag.null);
        writer.byte(0);
        return start + 4;
      default: {
        const word = bareWords.get(byte)!;
        this.string(valueTag.string, word);
        return start + word.length;
      }
    }
  }

  #nested(levels: number, write: () => number): number {
    this.#depth += levels;
    // The general way says why not.
    if (this.#depth > maxMessageDepth) throw fastPathMiss;
    const end = write();
    this.#depth -= levels;
    return end;
  }

  /** The fields of a ListValue. Returns where the list ends. */
  #list(start: number): number {
    return this.items(start, (itemStart) => this.listItem(itemStart));
  }

  /** Goes over the items of a list. Its syntax has been checked, so that there is nothing to look for but its end. */
  items(start: number, readItem: (start: number) => number): number {
    const scanner = this.#scanner;
    const bytes = this.#bytes;
    let at = scanner.space(start + 1);
    while (bytes[at] !== CLOSE_BRACKET) {
      at = scanner.space(readItem(at));
      if (bytes[at] === COMMA) at = scanner.space(at + 1);
    }
    return at + 1;
  }

  /** One `values` of a ListValue. Numbers, which is nearly all of them, have a fixed size. */
  listItem(start: number): number {
    const byte = this.#bytes[start]!;
    if ((byte >= 0x30 && byte <= 0x39) || byte === MINUS) {
      const scanner = this.#scanner;
      const writer = this.#writer;
      const value = scanner.number(start);
      // An infinity becomes a string.
      if (Number.isFinite(value)) {
        writer.reserve(11);
        writer.view.setUint16(writer.length, 0x0a09);
        writer.view.setUint8(writer.length + 2, valueTag.number);
        writer.view.setFloat64(writer.length + 3, value, true);
        writer.length += 11;
        return scanner.numberEnd;
      }
    }
    return this.field(listItemTag, () => this.value(start));
  }

  #number(start: number): number {
    const value = this.#scanner.number(start);
    if (Number.isFinite(value)) {
      this.#writer.byte(valueTag.number);
      this.#writer.double(value);
    } else {
      this.string(valueTag.string, String(value));
    }
    return this.#scanner.numberEnd;
  }

  /** The fields of a Struct. Of a name that comes twice, readers of a map take the last. */
  #struct(start: number): number {
    return this.#scanner.object(start, 0, (name, valueStart) => this.member(name, valueStart));
  }

  /** A member of a Struct. Returns where its value ends. */
  member(name: string, valueStart: number): number {
    return this.field(memberTag.member, () => {
      this.string(memberTag.name, name);
      return this.field(memberTag.value, () => this.value(valueStart));
    });
  }

  /** A field that is a text. */
  string(fieldTag: number, text: string): void {
    this.field(fieldTag, () => {
      this.#writer.text(text);
      return 0;
    });
  }
}
