import type { Headers } from "./hpack/head-decoder.ts";

/** The events of a call's stream. Nothing follows `end` or `broken`. */
export interface StreamReceiver {
  /** An interim answer (HTTP 1xx). */
  interim(): void;
  head(headers: Headers): void;
  /** A piece of the body, in memory that it may keep: that of all that was read with it. */
  data(piece: Buffer): void;
  trailers(headers: Headers): void;
  /** The server has ended its side of the stream. */
  end(): void;
  /** The stream was aborted: the server reset it with `code`, or violated the protocol. */
  broken(code: number, cause?: Error): void;
}

/** One call on a connection. */
export class ClientStream {
  readonly id: number;
  readonly receiver: StreamReceiver;
  /** What is to be sent of the body: from `offset` of the piece at `next`. */
  readonly chunks: readonly Uint8Array[];
  next = 0;
  offset = 0;
  /** How many bytes of it are left. */
  left: number;
  /** How many of them the server takes now. */
  sendWindow: number;
  /** How many bytes have come since the server was last told that there is room. */
  unacknowledged = 0;
  /** How many it may still send. */
  receiveWindow: number;
  /** Whether it stands in the queue of those that send. */
  isQueued = false;
  hasHead = false;
  receivedBytes = 0;
  /** How many bytes the answer says it has; undefined where it does not. */
  #expectedBytes: number | undefined;

  constructor(
    id: number,
    chunks: readonly Uint8Array[],
    receiver: StreamReceiver,
    sendWindow: number,
    receiveWindow: number,
  ) {
    this.id = id;
    this.chunks = chunks;
    this.receiver = receiver;
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
    let left = 0;
    for (const { byteLength } of chunks) left += byteLength;
    this.left = left;
  }

  /** Whether as many bytes have come as the answer says it has. */
  get isComplete(): boolean {
    return this.#expectedBytes === undefined || this.#expectedBytes === this.receivedBytes;
  }

  /**
   * Takes a head: an interim one, that of the answer, or its trailers.
   *
   * @returns what is wrong with it
   */
  takeHead(headers: Headers, ends: boolean): string | undefined {
    const { ":status": status, "content-length": length } = headers;
    if (this.hasHead) {
      if (!ends || status !== undefined) return "an answer has two heads";
      this.receiver.trailers(headers);
      return undefined;
    }
    if (status === undefined || !/^[1-9]\d\d$/.test(status) || status === "101") return "an answer has no status";
    if (status.startsWith("1")) {
      if (ends) return "an answer ends before it begins";
      this.receiver.interim();
      return undefined;
    }
    this.hasHead = true;
    if (length !== undefined) this.#expectedBytes = Number(length);
    this.receiver.head(headers);
    return undefined;
  }
}
