/** How long the head of an envelope is: a byte of flags, and the length of its message. */
export const headBytes = 5;

/** Reads a body of envelopes, as gRPC and streams of Connect have them: the head of each, then its message as it comes. */
export class EnvelopeReader {
  readonly #body: AsyncIterator<Uint8Array>;
  #piece: Uint8Array = new Uint8Array();
  /** How much of the current message has not been read. */
  #left = 0;

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#body = body[Symbol.asyncIterator]();
  }

  /** The head of the next envelope; shorter where the body ends. What nobody has read of the last message is dropped. */
  async head(): Promise<Buffer> {
    for await (const _ of this.message());
    const parts: Uint8Array[] = [];
    let size = 0;
    while (size < headBytes) {
      const part = await this.#take(headBytes - size);
      if (part === undefined) break;
      parts.push(part);
      size += part.byteLength;
    }
    const head = Buffer.concat(parts);
    this.#left = size < headBytes ? 0 : head.readUInt32BE(1);
    return head;
  }

  /** What is left of the current message. Ends early where the body does. */
  async *message(): AsyncGenerator<Uint8Array> {
    while (this.#left > 0) {
      const part = await this.#take(this.#left);
      if (part === undefined) return;
      this.#left -= part.byteLength;
      yield part;
    }
  }

  /** Lets go of the body. Does not wait for what is under way. */
  close(): void {
    this.#body.return?.().catch(() => {});
  }

  async #take(maxBytes: number): Promise<Uint8Array | undefined> {
    while (this.#piece.byteLength === 0) {
      const next = await this.#body.next();
      if (next.done === true) return undefined;
      this.#piece = next.value;
    }
    const part = this.#piece.subarray(0, maxBytes);
    this.#piece = this.#piece.subarray(part.byteLength);
    return part;
  }
}
