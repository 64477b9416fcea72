const KiB = 1024;

/**
 * The memory of each of these while it lasts, in bytes, as measured with thousands of them, including Node and OpenSSL.
 */
export const takes = {
  connection: 8 * KiB,
  /** On top of that, from the first byte of its handshake on. */
  tls: 64 * KiB,
  /** On top of that, where it speaks HTTP/2. */
  session: 20 * KiB,
  /** A call under way without its bodies, which are counted separately. Streaming RPCs take the most. */
  http1Call: 32 * KiB,
  http2Call: 16 * KiB,
} as const;

/** The part that connections may take: calls have to be able to begin on those that exist. */
const connectionPart = 3 / 4;

/**
 * Bounds the memory of connections and calls besides the bytes of their bodies. Counting connections is not enough: one
 * with TLS takes ten times as much as an idle one without.
 */
export class ConnectionMemory {
  readonly #limitBytes: number;
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Whether there is room for another call. */
  hasRoomForCall(bytes: number): boolean {
    return this.#bytes + bytes <= this.#limitBytes;
  }

  /** Whether there is room for another connection, or for what it needs to speak HTTP/2. */
  hasRoomForConnection(bytes: number): boolean {
    return this.#bytes + bytes <= this.#limitBytes * connectionPart;
  }

  /** Counts bytes, whether there is room or not. */
  take(bytes: number): void {
    this.#bytes += bytes;
  }

  giveBack(bytes: number): void {
    this.#bytes -= bytes;
  }
}
