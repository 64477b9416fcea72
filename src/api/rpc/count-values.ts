import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { countJsonValues } from "../../predict/json/count-json-values.ts";

/** Numbers of a packed list lie side by side in memory: so many of them cost about what one value on its own does. */
const packedPerValue = 16;

/**
 * How many values a message would be decoded into, before it is: each field, item and member is one. Ends as soon as there
 * are more than the limit. A message that is malformed is counted as far as that goes: the decoder is to refuse it.
 */
export function countValues(message: Uint8Array, desc: DescMessage, isJson: boolean, limit: number): number {
  return isJson ? countJsonValues(message, limit) : new ProtoCounter(message, limit).count(desc);
}

/** What is to be looked into: the message of a field, of its items, or of the values of its entries. */
type Inner = { readonly message: DescMessage; readonly isMap: boolean } | { readonly isPacked: boolean };

const layouts = new WeakMap<DescMessage, ReadonlyMap<number, Inner>>();

function layoutOf(desc: DescMessage): ReadonlyMap<number, Inner> {
  let layout = layouts.get(desc);
  if (layout === undefined) {
    layout = new Map(desc.fields.flatMap((field) => innerOf(field)));
    layouts.set(desc, layout);
  }
  return layout;
}

function innerOf(field: DescField): [number, Inner][] {
  const { number, fieldKind, message } = field;
  if (message !== undefined) return [[number, { message, isMap: fieldKind === "map" }]];
  return fieldKind === "list" ? [[number, { isPacked: field.packed }]] : [];
}

/** Deeper messages than these are refused by the decoder. */
const maxDepth = 100;

class ProtoCounter {
  readonly #bytes: Uint8Array;
  readonly #limit: number;
  #at = 0;
  #count = 1;

  constructor(bytes: Uint8Array, limit: number) {
    this.#bytes = bytes;
    this.#limit = limit;
  }

  count(desc: DescMessage): number {
    this.#fields(desc, this.#bytes.length, 0);
    return this.#count;
  }

  #fields(desc: DescMessage, end: number, depth: number): void {
    const layout = layoutOf(desc);
    while (this.#at < end && this.#count <= this.#limit) {
      const tag = this.#varint();
      const inner = layout.get(tag >>> 3);
      this.#count++;
      switch (tag & 7) {
        case 0:
          this.#varint();
          break;
        case 1:
          this.#at += 8;
          break;
        case 2:
          this.#delimited(inner, end, depth);
          break;
        case 5:
          this.#at += 4;
      }
    }
  }

  #delimited(inner: Inner | undefined, limit: number, depth: number): void {
    const length = this.#varint();
    const end = Math.min(this.#at + length, limit);
    if (inner === undefined || depth === maxDepth) {
      this.#at = end;
    } else if ("isPacked" in inner) {
      this.#packed(end);
    } else if (inner.isMap) {
      this.#entry(inner.message, end, depth);
    } else {
      this.#fields(inner.message, end, depth + 1);
    }
    this.#at = end;
  }

  /** The least that the numbers of a list can be: there is one for each byte without a further one. */
  #packed(end: number): void {
    let numbers = 0;
    for (let at = this.#at; at < end; at++) if (this.#bytes[at]! < 0x80) numbers++;
    this.#count += Math.floor(numbers / packedPerValue);
  }

  /** The entry of a map, a message whose field 2 is the value. */
  #entry(value: DescMessage, end: number, depth: number): void {
    while (this.#at < end && this.#count <= this.#limit) {
      const tag = this.#varint();
      if ((tag & 7) === 2)
        this.#delimited(tag >>> 3 === 2 ? { message: value, isMap: false } : undefined, end, depth + 1);
      else if ((tag & 7) === 0) this.#varint();
      else this.#at += (tag & 7) === 1 ? 8 : 4;
      this.#count++;
    }
  }

  #varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) return value >>> 0;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }
}
