import { fieldLine } from "../../base/http1-fields.ts";
import { BadRequest } from "./bad-request.ts";

/** The size of a chunk with its extensions, in bytes. */
const maxSizeLineBytes = 1024;
/** All extensions of a body together, which nobody reads, and all trailers. */
const maxExtensionBytes = 16 * 1024;
const maxTrailerBytes = 16 * 1024;
/** After so many chunks it stops, so that others get their turn: 64 KiB may hold 10,000 of one byte. */
const maxChunksAtOnce = 2048;

const cr = 0x0d;
const lf = 0x0a;
const semicolon = 0x3b;
const tab = 0x09;

type State = "size" | "extension" | "size end" | "data" | "data end" | "data end 2" | "trailers" | "whole";

/**
 * Takes a body that comes in chunks out of them (RFC 9112, 7.1), however it is cut. What stands in the chunks is moved together in the
 * memory that it came in: however many there are, they are one piece.
 */
export class ChunkedReader {
  #state: State = "size";
  /** Bytes of the chunk that are to come; while its size is read, what has been read of it. */
  #left = 0;
  #lineBytes = 0;
  #extensionBytes = 0;
  #trailerBytes = 0;
  /** The beginning of a trailer whose end has not come. */
  #trailer = "";
  #contentEnd = 0;

  get isWhole(): boolean {
    return this.#state === "whole";
  }

  /** Where what stood in the chunks ends; it begins where they did. */
  get contentEnd(): number {
    return this.#contentEnd;
  }

  /**
   * Reads what has come, or a part of it.
   *
   * @param bytes are changed
   * @returns where the rest of them begins
   * @throws BadRequest
   */
  read(bytes: Buffer, begin: number): number {
    let at = begin;
    let to = begin;
    let chunks = 0;
    while (at < bytes.length && this.#state !== "whole" && chunks < maxChunksAtOnce) {
      if (this.#state === "data") {
        const end = Math.min(at + this.#left, bytes.length);
        this.#left -= end - at;
        // A call for a few bytes costs more than they do.
        if (end - at > 16) {
          bytes.copyWithin(to, at, end);
          to += end - at;
          at = end;
        } else while (at < end) bytes[to++] = bytes[at++]!;
        if (this.#left === 0) this.#state = "data end";
      } else if (this.#state === "trailers") at = this.#readTrailers(bytes, at);
      else {
        if (this.#state === "data end 2") chunks++;
        this.#take(bytes[at++]!);
      }
    }
    this.#contentEnd = to;
    return at;
  }

  /** Takes a byte of what stands around the content. */
  #take(byte: number): void {
    switch (this.#state) {
      case "size": {
        const digit = hexDigit(byte);
        if (digit >= 0) {
          // Twelve digits stay a whole number.
          if (++this.#lineBytes > 12) throw badChunk();
          this.#left = this.#left * 16 + digit;
        } else if (this.#lineBytes === 0) throw badChunk();
        else if (byte === cr) this.#state = "size end";
        else if (byte === semicolon) this.#state = "extension";
        else throw badChunk();
        return;
      }
      case "extension":
        if (byte === cr) this.#state = "size end";
        else if ((byte < 0x20 && byte !== tab) || byte === 0x7f) throw badChunk();
        else if (++this.#lineBytes > maxSizeLineBytes || ++this.#extensionBytes > maxExtensionBytes) {
          throw new BadRequest(413, "the extensions of the chunks are too long");
        }
        return;
      case "size end":
        if (byte !== lf) throw badChunk();
        this.#lineBytes = 0;
        this.#state = this.#left === 0 ? "trailers" : "data";
        return;
      case "data end":
        if (byte !== cr) throw badChunk();
        this.#state = "data end 2";
        return;
      default:
        if (byte !== lf) throw badChunk();
        this.#state = "size";
    }
  }

  /** Trailers are looked at, and left out. */
  #readTrailers(bytes: Buffer, at: number): number {
    const found = bytes.indexOf(lf, at);
    const end = found < 0 ? bytes.length : found + 1;
    this.#trailerBytes += end - at;
    if (this.#trailerBytes > maxTrailerBytes) throw new BadRequest(431, "the trailers are too long");
    this.#trailer += bytes.toString("latin1", at, end);
    if (found < 0) return end;
    const line = this.#trailer;
    this.#trailer = "";
    if (line === "\r\n") this.#state = "whole";
    else if (!line.endsWith("\r\n") || !fieldLine.test(line.slice(0, -2))) {
      throw new BadRequest(400, "a trailer is no header (RFC 9112, 7.1.2)");
    }
    return end;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function badChunk(): BadRequest {
  return new BadRequest(400, "the body does not come in chunks as it should (RFC 9112, 7.1)");
}
