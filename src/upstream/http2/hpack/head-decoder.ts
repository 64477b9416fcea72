import { errorCode } from "../../../base/http2-frames.ts";
import { ProtocolError } from "../protocol-error.ts";
import { decodeHuffman } from "./huffman.ts";
import { staticHeaders } from "./static-headers.ts";

/** Headers by their names; what comes twice is joined by a comma. */
export type Headers = Readonly<Record<string, string | undefined>>;

/** The size of the dynamic table, in bytes as HPACK counts them: the default of HTTP/2. */
const maxTableBytes = 4096;
/** The largest head, counted in the same way. */
const maxHeadBytes = 64 * 1024;
const entryOverhead = 32;

type Entry = readonly [name: string, value: string];

/** Reads the heads that come over one connection (HPACK, RFC 7541). Each must be read, and in order: they build on each other. */
export class HeadDecoder {
  /** The dynamic table, oldest entry first. */
  #table: Entry[] = [];
  #tableBytes = 0;
  #tableLimit = maxTableBytes;
  #block: Buffer = Buffer.alloc(0);
  #at = 0;

  /**
   * @returns undefined for a head that is too large; the next one can be decoded all the same
   * @throws ProtocolError for what is not HPACK
   */
  decode(block: Buffer): Headers | undefined {
    this.#block = block;
    this.#at = 0;
    const headers: Record<string, string | undefined> = Object.create(null);
    let bytes = 0;
    while (this.#at < block.length) {
      const entry = this.#next();
      if (entry === undefined) continue;
      const [name, value] = entry;
      bytes += name.length + value.length + entryOverhead;
      if (bytes > maxHeadBytes) continue;
      const before = headers[name];
      headers[name] = before === undefined ? value : `${before}, ${value}`;
    }
    return bytes > maxHeadBytes ? undefined : headers;
  }

  /** The next header; undefined for an instruction without one. */
  #next(): Entry | undefined {
    const first = this.#block[this.#at]!;
    if (first >= 0x80) return this.#entry(this.#integer(7));
    if (first >= 0x40) {
      const entry = this.#literal(6);
      this.#add(entry);
      return entry;
    }
    if (first < 0x20) return this.#literal(4);
    const limit = this.#integer(5);
    if (limit > maxTableBytes) throw malformed("its table is larger than it may be");
    this.#tableLimit = limit;
    this.#evict();
    return undefined;
  }

  #literal(prefixBits: number): Entry {
    const number = this.#integer(prefixBits);
    const name = number === 0 ? this.#text() : this.#entry(number)[0];
    return [name, this.#text()];
  }

  #entry(number: number): Entry {
    const fixed = staticHeaders[number - 1];
    const entry = fixed ?? this.#table[this.#table.length + staticHeaders.length - number];
    if (entry === undefined) throw malformed("it has a number that is not assigned");
    return entry;
  }

  #add(entry: Entry): void {
    this.#table.push(entry);
    this.#tableBytes += sizeOf(entry);
    this.#evict();
  }

  #evict(): void {
    let count = 0;
    while (this.#tableBytes > this.#tableLimit) this.#tableBytes -= sizeOf(this.#table[count++]!);
    if (count > 0) this.#table.splice(0, count);
  }

  #integer(prefixBits: number): number {
    const most = (1 << prefixBits) - 1;
    let value = this.#byte() & most;
    if (value < most) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.#byte();
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw malformed("a number in it is too large");
  }

  #text(): string {
    const isHuffman = (this.#block[this.#at] ?? 0) >= 0x80;
    const length = this.#integer(7);
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#block.length) throw malformed("it breaks off");
    if (!isHuffman) return this.#block.toString("latin1", start, this.#at);
    const text = decodeHuffman(this.#block.subarray(start, this.#at));
    if (text === undefined) throw malformed("a text in it is not in the Huffman code");
    return text;
  }

  #byte(): number {
    const byte = this.#block[this.#at++];
    if (byte === undefined) throw malformed("it breaks off");
    return byte;
  }
}

function sizeOf([name, value]: Entry): number {
  return name.length + value.length + entryOverhead;
}

function malformed(why: string): ProtocolError {
  return new ProtocolError(errorCode.compressionError, `a head is not HPACK: ${why}`);
}
