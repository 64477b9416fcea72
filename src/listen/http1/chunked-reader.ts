import { fieldLine } from "../../base/http1-fields.ts";
import { BadRequest } from "./bad-request.ts";

/** The longest line with the size of a chunk and its extensions, in bytes. */
const maxSizeLineBytes = 1024;
/** The limit for all extensions of a body together, which are ignored, and for all trailers. */
const maxExtensionBytes = 16 * 1024;
const maxTrailerBytes = 16 * 1024;
/** It pauses after this many chunks, so that others get their turn: 64 KiB may contain 10,000 chunks of one byte. */
const maxChunksAtOnce = 2048;

const cr = 0x0d;
const lf = 0x0a;
const semicolon = 0x3b;
const tab = 0x09;

type State = "size" | "extension" | "size end" | "data" | "data end" | "data end 2" | "trailers" | "whole";

/**
 * Decodes a chunked body (RFC 9112, 7.1), however it is split into reads. The contents of chunks are moved together
 * within the buffer in which they arrived: any number of chunks becomes one piece.
 */
export class ChunkedReader {
  #state: State = "size";
  /** The remaining bytes of the chunk; while its size line is read, the size so far. */
  #left = 0;
  #lineBytes = 0;
  #extensionBytes = 0;
  #trailerBytes = 0;
  /** The beginning of an incomplete trailer. */
  #trailer = "";
  #contentEnd = 0;

  get isWhole(): boolean {
    return this.#state === "whole";
  }

  /** The end of the decoded content, which begins where the chunks did. */
  get contentEnd(): number {
    return this.#contentEnd;
  }

  /**
   * Decodes bytes, or a part of them.
   *
   * @param bytes are changed
   * @returns the position of the remaining ones
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
        // For a few bytes a native call costs more than a loop.
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

  /** Processes a byte of the framing around the content. */
  #take(byte: number): void {
    switch (this.#state) {
      case "size": {
        const digit = hexDigit(byte);
        if (digit >= 0) {
          // Twelve hexadecimal digits are a safe integer.
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

  /** Trailers are validated and dropped. */
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
      throw new BadRequest(400, "a trailer is not a header (RFC 9112, 7.1.2)");
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
