/** Bytes that are no HTTP/1.1 response. */
export class NotHttp extends Error {}

/** Takes what a response consists of. */
export interface ResponseSink {
  /** A piece of the content. The reader is left in any state when this throws. */
  onContent(piece: Buffer): void;
}

/** How long the head of a response may be, and that of each chunk and of the trailers. */
const maxHeadBytes = 16 * 1024;

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const headerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t ]*([\t\x20-\x7e\x80-\xff]*)$/;
const chunkLine = /^([0-9A-Fa-f]{1,8})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/;

type State = "head" | "sized" | "until-close" | "chunk-head" | "chunk" | "chunk-end" | "trailers" | "complete";

/**
 * Reads one HTTP/1.1 response from pieces of any size (RFC 9112), passing over interim ones. It is strict: lines end in
 * CRLF, nothing is folded, and of two ways to tell the length of the content there is one, once. So there is no
 * second meaning of the same bytes that another reader could find.
 */
export class ResponseReader {
  status = 0;
  retryAfter: string | undefined;
  /** How long the server says that it keeps the connection, in milliseconds; 0 when it closes it. */
  keepAliveMs = Number.POSITIVE_INFINITY;
  readonly #sink: ResponseSink;
  #state: State = "head";
  /** What has come of a line, or of a head, that has not come to its end. */
  #begun: Buffer | undefined;
  /** How many bytes of the content, or of its chunk, are missing. */
  #missing = 0;

  constructor(sink: ResponseSink) {
    this.#sink = sink;
  }

  /** Whether the response has come to its end. */
  get complete(): boolean {
    return this.#state === "complete";
  }

  /**
   * Takes the next piece of the connection. Returns how many of its bytes belong to the response.
   *
   * @throws NotHttp, and whatever the sink throws
   */
  read(piece: Buffer): number {
    let at = 0;
    while (at < piece.length && this.#state !== "complete") at = this.#step(piece, at);
    return at;
  }

  /** Takes the end of the connection. Returns whether the response is complete with it. */
  end(): boolean {
    if (this.#state === "until-close") this.#state = "complete";
    return this.complete;
  }

  #step(piece: Buffer, start: number): number {
    switch (this.#state) {
      case "sized":
      case "chunk": {
        const end = Math.min(piece.length, start + this.#missing);
        this.#missing -= end - start;
        if (this.#missing === 0) this.#state = this.#state === "sized" ? "complete" : "chunk-end";
        this.#sink.onContent(piece.subarray(start, end));
        return end;
      }
      case "until-close":
        this.#sink.onContent(piece.subarray(start));
        return piece.length;
      case "chunk-end":
        return this.#upTo("\r\n", piece, start, (line) => {
          if (line !== "") throw new NotHttp("a chunk is longer than it says");
          this.#state = "chunk-head";
        });
      case "chunk-head":
        return this.#upTo("\r\n", piece, start, (line) => this.#readChunkHead(line));
      case "trailers":
        return this.#upTo("\r\n", piece, start, (line) => {
          if (line === "") this.#state = "complete";
          else if (!headerLine.test(line)) throw new NotHttp("a trailer is malformed");
        });
      default:
        return this.#upTo("\r\n\r\n", piece, start, (head) => this.#readHead(head));
    }
  }

  /** Reads text up to a mark, which may come in several pieces. Returns where it ends in this one. */
  #upTo(mark: string, piece: Buffer, start: number, read: (text: string) => void): number {
    const begun = this.#begun?.length ?? 0;
    const bytes = this.#begun === undefined ? piece : Buffer.concat([this.#begun, piece.subarray(start)]);
    const from = this.#begun === undefined ? start : 0;
    const end = bytes.indexOf(mark, Math.max(from, begun - mark.length), "latin1");
    if ((end < 0 ? bytes.length : end) - from > maxHeadBytes) throw new NotHttp("a head is too long");
    if (end < 0) {
      this.#begun = bytes.subarray(from);
      return piece.length;
    }
    this.#begun = undefined;
    read(bytes.toString("latin1", from, end));
    return end + mark.length - from - begun + start;
  }

  #readHead(head: string): void {
    const lines = head.split("\r\n");
    const status = statusLine.exec(lines[0]!);
    if (status === null) throw new NotHttp("the status line is malformed");
    let length: string | undefined;
    let coding: string | undefined;
    let connection = "";
    let keepAlive = "";
    this.retryAfter = undefined;
    for (let i = 1; i < lines.length; i++) {
      const header = headerLine.exec(lines[i]!);
      if (header === null) throw new NotHttp("a header is malformed");
      const value = header[2]!.trimEnd();
      switch (header[1]!.toLowerCase()) {
        case "content-length":
          if (length !== undefined && length !== value) throw new NotHttp("there are two lengths");
          length = value;
          break;
        case "transfer-encoding":
          if (coding !== undefined) throw new NotHttp("there are two transfer codings");
          coding = value.toLowerCase();
          break;
        case "connection":
          connection += `,${value.toLowerCase()}`;
          break;
        case "keep-alive":
          keepAlive = value;
          break;
        case "retry-after":
          this.retryAfter = value;
      }
    }
    this.status = Number(status[2]);
    if (this.status === 101) throw new NotHttp("the protocol is switched");
    // An interim response, such as 100: another head follows.
    if (this.status < 200) return;
    this.keepAliveMs = keepAliveMs(status[1] === "1", connection, keepAlive);
    this.#frame(length, coding);
  }

  /** Finds out where the content ends (RFC 9112, 6.3). */
  #frame(length: string | undefined, coding: string | undefined): void {
    if (coding !== undefined) {
      if (coding !== "chunked" || length !== undefined) throw new NotHttp("the length of the content is not clear");
      this.#state = "chunk-head";
    } else if (length !== undefined) {
      if (!/^\d{1,15}$/.test(length)) throw new NotHttp("the length is malformed");
      this.#missing = Number(length);
      this.#state = this.#missing === 0 ? "complete" : "sized";
    } else {
      this.#state = "until-close";
    }
    if (this.status === 204 || this.status === 304) this.#state = "complete";
    if (this.#state === "until-close") this.keepAliveMs = 0;
  }

  #readChunkHead(line: string): void {
    const match = chunkLine.exec(line);
    if (match === null) throw new NotHttp("the head of a chunk is malformed");
    this.#missing = Number.parseInt(match[1]!, 16);
    this.#state = this.#missing === 0 ? "trailers" : "chunk";
  }
}

function keepAliveMs(isHttp11: boolean, connection: string, keepAlive: string): number {
  const options = connection === "" ? [] : connection.split(",").map((option) => option.trim());
  if (options.includes("close") || (!isHttp11 && !options.includes("keep-alive"))) return 0;
  const seconds = /(?:^|[,\s])timeout=(\d{1,6})/i.exec(keepAlive)?.[1];
  return seconds === undefined ? Number.POSITIVE_INFINITY : Number(seconds) * 1000;
}
