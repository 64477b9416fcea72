import { fieldLine } from "../../base/http1-fields.ts";
import type { AnswerLimits } from "../http/answer-limits.ts";
import { type AnswerHead, readAnswerHead } from "./answer-head.ts";
import { BodyCollector } from "./body-collector.ts";
import { notHttp1 } from "./connection-error.ts";

/** The limit of Node's own HTTP. */
const maxHeadBytes = 16 * 1024;
/** The size of a chunk with its extensions. */
const maxChunkLineBytes = 1024;
/** Answers before the answer, such as 100 Continue and 103 Early Hints. */
const maxInterimAnswers = 64;

const begin = "HTTP/1.";
const lineBreak = Buffer.from("\r\n");
const emptyLine = "\r\n\r\n";
/** Nearly every head ends within so many bytes. */
const usualHeadBytes = 1024;
const chunkLine = /^([\da-f]{1,12})(?:[\t ]*;[\t -~\x80-\xff]*)?$/i;

type State = "head" | "body" | "chunk size" | "chunk end" | "trailers" | "until close" | "whole";

/** Reads one answer, however it is split into reads. */
export class AnswerReader {
  readonly #collector: BodyCollector;
  #state: State = "head";
  /** The beginning of an incomplete head or line. */
  #held: Buffer | undefined;
  #head: AnswerHead | undefined;
  #interimAnswers = 0;
  /** The remaining bytes of the body, or of the chunk. */
  #left = 0;
  #trailerBytes = 0;
  #parts = 0;

  constructor(limits: AnswerLimits) {
    this.#collector = new BodyCollector(limits);
  }

  get isWhole(): boolean {
    return this.#state === "whole";
  }

  /** How many parts have been read: heads, chunks and their ends, trailers. Each takes time, however short. */
  get parts(): number {
    return this.#parts;
  }

  /** The head of a complete answer. */
  get head(): AnswerHead {
    return this.#head!;
  }

  /** The body of a complete answer. */
  takeBody(): Buffer {
    return this.#collector.take();
  }

  /**
   * Reads a piece, and keeps only copies of it.
   *
   * @returns how many bytes follow the end of the answer
   * @throws Error ERR_NOT_HTTP1, Error or RegistryError of a body above its limits
   */
  read(piece: Buffer): number {
    const bytes = this.#held === undefined ? piece : Buffer.concat([this.#held, piece]);
    this.#held = undefined;
    let at = 0;
    while (this.#state !== "whole") {
      this.#parts++;
      const next = this.#step(bytes, at);
      if (next < 0) return 0;
      at = next;
    }
    return bytes.length - at;
  }

  /** Treats the end of the connection as the end of an answer that has no other. */
  end(): void {
    if (this.#state === "until close") this.#state = "whole";
  }

  /** Reads the next part, and returns the position after it; below 0 where it is incomplete. */
  #step(bytes: Buffer, at: number): number {
    switch (this.#state) {
      case "head":
        return this.#readHead(bytes, at);
      case "chunk size":
        return this.#readChunkSize(bytes, at);
      case "chunk end":
        return this.#readChunkEnd(bytes, at);
      case "trailers":
        return this.#readTrailer(bytes, at);
      case "until close":
        if (at < bytes.length) this.#collector.add(bytes, at, bytes.length);
        return -1;
      default:
        return this.#readBody(bytes, at);
    }
  }

  #readHead(bytes: Buffer, at: number): number {
    // Searching in text costs less than in bytes.
    let text = bytes.toString("latin1", at, Math.min(bytes.length, at + usualHeadBytes));
    if (!text.startsWith(begin) && !begin.startsWith(text)) throw notHttp1("it does not begin as HTTP/1.1");
    let length = text.indexOf(emptyLine);
    if (length < 0 && text.length === usualHeadBytes) {
      text = bytes.toString("latin1", at, Math.min(bytes.length, at + maxHeadBytes + emptyLine.length));
      length = text.indexOf(emptyLine);
    }
    if (length < 0) return this.#hold(bytes, at, maxHeadBytes);
    const head = readAnswerHead(text.slice(0, length + lineBreak.length));
    if (head.status < 200) {
      if (head.status === 101) throw notHttp1("it changes the protocol, which nobody asked for");
      if (++this.#interimAnswers > maxInterimAnswers) throw notHttp1("too many interim answers come before it");
    } else {
      this.#head = head;
      this.#beginBody(head.body);
    }
    return at + length + emptyLine.length;
  }

  #beginBody(body: AnswerHead["body"]): void {
    if (body === "chunked") this.#state = "chunk size";
    else if (body === "until close") this.#state = "until close";
    else if (body === 0) this.#state = "whole";
    else {
      this.#collector.expect(body);
      this.#left = body;
      this.#state = "body";
    }
  }

  #readBody(bytes: Buffer, at: number): number {
    const end = Math.min(at + this.#left, bytes.length);
    if (end > at) this.#collector.add(bytes, at, end);
    this.#left -= end - at;
    if (this.#left > 0) return -1;
    this.#state = this.#head!.body === "chunked" ? "chunk end" : "whole";
    return end;
  }

  #readChunkSize(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(lineBreak, at);
    if (end < 0) return this.#hold(bytes, at, maxChunkLineBytes);
    if (end - at > maxChunkLineBytes) throw notHttp1("a line of its chunks is too long");
    const size = chunkLine.exec(bytes.toString("latin1", at, end))?.[1];
    if (size === undefined) throw notHttp1("the size of a chunk is not a number");
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? "trailers" : "body";
    return end + lineBreak.length;
  }

  #readChunkEnd(bytes: Buffer, at: number): number {
    if (bytes.length - at < lineBreak.length) return this.#hold(bytes, at, lineBreak.length);
    if (bytes[at] !== lineBreak[0] || bytes[at + 1] !== lineBreak[1]) throw notHttp1("a chunk is longer than it says");
    this.#state = "chunk size";
    return at + lineBreak.length;
  }

  /** Trailers are validated and dropped. */
  #readTrailer(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(lineBreak, at);
    if (end < 0) return this.#hold(bytes, at, maxHeadBytes - this.#trailerBytes);
    this.#trailerBytes += end - at;
    if (this.#trailerBytes > maxHeadBytes) throw notHttp1("its trailers are too long");
    if (end === at) this.#state = "whole";
    else if (!fieldLine.test(bytes.toString("latin1", at, end))) throw notHttp1("a trailer is not a header");
    return end + lineBreak.length;
  }

  /** Keeps the beginning of something until the rest comes. */
  #hold(bytes: Buffer, at: number, maxBytes: number): number {
    if (bytes.length - at > maxBytes) throw notHttp1("a part of it is too long");
    if (at < bytes.length) this.#held = Buffer.from(bytes.subarray(at));
    return -1;
  }
}
