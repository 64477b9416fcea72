import { BadRequest } from "./bad-request.ts";
import { parseRequestHead, type RequestHead } from "./request-head.ts";

const emptyLine = "\r\n\r\n";
const cr = 0x0d;
const lf = 0x0a;
/** Nearly every head ends within so many bytes. */
const usualHeadBytes = 1024;

/** What may be the beginning of a head. */
const beginning = /^[A-Z-]{1,32}(?: |$)/;
/** What is in no head: control characters, and half a line break. The last character may be half of one as it is. */
const neverInHead = /[^\t\r\n -~\x80-\xff]|\r[^\n]|[^\r]\n/;

/** Finds the heads of requests in what comes, however it is cut. */
export class HeadReader {
  readonly #maxBytes: number;
  /** How much of what is there has been searched. */
  #searched = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether a head has begun that is not complete. */
  get hasBegun(): boolean {
    return this.#searched > 0;
  }

  /**
   * Reads a head. Where it is not complete, the same bytes are to be given again with those that follow.
   *
   * @returns the head, and where what follows it begins; undefined where more has to come
   * @throws BadRequest
   */
  read(bytes: Buffer, at: number): { readonly head: RequestHead; readonly end: number } | undefined {
    // Searching in text costs less than in bytes.
    let text = bytes.toString("latin1", at, Math.min(bytes.length, at + usualHeadBytes));
    let length = text.indexOf(emptyLine);
    if (length < 0 && text.length === usualHeadBytes) {
      text = bytes.toString("latin1", at, Math.min(bytes.length, at + this.#maxBytes + emptyLine.length));
      length = text.indexOf(emptyLine, usualHeadBytes - emptyLine.length);
    }
    if (length < 0) {
      this.#check(text);
      return undefined;
    }
    if (length > this.#maxBytes) throw this.#tooLarge();
    this.#searched = 0;
    return { head: parseRequestHead(text.slice(0, length + 2)), end: at + length + emptyLine.length };
  }

  /** Where the next head may begin: old clients send a line break behind a body (RFC 9112, 2.2). */
  skipEmptyLines(bytes: Buffer, begin: number): number {
    let at = begin;
    if (this.#searched === 0) while (bytes[at] === cr && bytes[at + 1] === lf) at += 2;
    return at;
  }

  /** Refuses what cannot become a head: whoever does not speak HTTP is not to wait for the end of its time. */
  #check(text: string): void {
    // What comes next may be the end of the empty line.
    if (text.length >= this.#maxBytes + emptyLine.length) throw this.#tooLarge();
    // It may be half of an empty line.
    if (text === "" || text === "\r") return;
    const isNew = this.#searched < 32;
    const unseen = isNew ? text : text.slice(this.#searched - 1);
    this.#searched = text.length;
    if ((isNew && !beginning.test(text)) || neverInHead.test(unseen)) {
      throw new BadRequest(400, "expected the head of an HTTP/1.1 request (RFC 9112, 2.1)");
    }
  }

  #tooLarge(): BadRequest {
    return new BadRequest(431, `the head is larger than ${this.#maxBytes} bytes`);
  }
}
