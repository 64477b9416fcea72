import { BadRequest } from "./bad-request.ts";
import { parseRequestHead, type RequestHead } from "./request-head.ts";

const emptyLine = "\r\n\r\n";
const cr = 0x0d;
const lf = 0x0a;
/** Nearly every head fits into this many bytes. */
const usualHeadBytes = 1024;

/** Matches what may be the beginning of a head. */
const beginning = /^[A-Z-]{1,32}(?: |$)/;
/** Matches what no head contains: control characters, and half a line break. The last character may be half of one. */
const neverInHead = /[^\t\r\n -~\x80-\xff]|\r[^\n]|[^\r]\n/;

/** Finds the heads of requests in a byte stream, however it is split into reads. */
export class HeadReader {
  readonly #maxBytes: number;
  /** How many bytes have been searched. */
  #searched = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether a head has begun that is not complete. */
  get hasBegun(): boolean {
    return this.#searched > 0;
  }

  /**
   * Reads a head. Where it is incomplete, the same bytes have to be passed again together with those that follow.
   *
   * @returns the head, and the position after it; undefined where it is incomplete
   * @throws BadRequest
   */
  read(bytes: Buffer, at: number): { readonly head: RequestHead; readonly end: number } | undefined {
    const most = Math.min(bytes.length, at + this.#maxBytes + emptyLine.length);
    // Searching in text costs less than in bytes.
    let text = bytes.toString("latin1", at, Math.min(most, at + usualHeadBytes));
    let length = text.indexOf(emptyLine);
    if (length < 0 && text.length === usualHeadBytes) {
      // A long one becomes text when it is complete, and not with each read before.
      const found = bytes.indexOf(
        emptyLine,
        at + Math.max(usualHeadBytes, this.#searched) - emptyLine.length,
        "latin1",
      );
      if (found >= 0 && found + emptyLine.length <= most) {
        length = found - at;
        text = bytes.toString("latin1", at, found + 2);
      }
    }
    if (length < 0) {
      this.#check(bytes, at, most - at);
      return undefined;
    }
    if (length > this.#maxBytes) throw this.#tooLarge();
    this.#searched = 0;
    return { head: parseRequestHead(text.slice(0, length + 2)), end: at + length + emptyLine.length };
  }

  /** The position where the next head may begin: old clients send a line break after a body (RFC 9112, 2.2). */
  skipEmptyLines(bytes: Buffer, begin: number): number {
    let at = begin;
    if (this.#searched === 0) while (bytes[at] === cr && bytes[at + 1] === lf) at += 2;
    return at;
  }

  /**
   * Refuses what cannot become a head: a client that does not speak HTTP should not wait for the time limit. The beginning of
   * each read tells that.
   */
  #check(bytes: Buffer, at: number, size: number): void {
    // The next bytes may end the empty line.
    if (size >= this.#maxBytes + emptyLine.length) throw this.#tooLarge();
    // It may be half of an empty line.
    if (size === 0 || (size === 1 && bytes[at] === cr)) return;
    const isNew = this.#searched < 32;
    const begin = at + (isNew ? 0 : this.#searched - 1);
    const unseen = bytes.toString("latin1", begin, Math.min(at + size, begin + usualHeadBytes));
    this.#searched = size;
    if ((isNew && !beginning.test(unseen)) || neverInHead.test(unseen)) {
      throw new BadRequest(400, "expected the head of an HTTP/1.1 request (RFC 9112, 2.1)");
    }
  }

  #tooLarge(): BadRequest {
    return new BadRequest(431, `the head is larger than ${this.#maxBytes} bytes`);
  }
}
