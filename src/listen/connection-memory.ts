const KiB = 1024;

/** What each of these takes while it lasts, in bytes, as measured with thousands of them; those of Node and OpenSSL included. */
export const takes = {
  connection: 8 * KiB,
  /** On top of that, from the first byte of its handshake on. */
  tls: 64 * KiB,
  /** On top of that, where it speaks HTTP/2. */
  session: 20 * KiB,
  /** A call under way without its bodies, which are counted for themselves. Those of RPCs that stream take the most. */
  http1Call: 32 * KiB,
  http2Call: 16 * KiB,
} as const;

/** Connections may take this part: on those that are there calls have to begin. */
const connectionPart = 3 / 4;

/**
 * Bounds what connections and the calls on them take beside the bytes that they bring: how many there may be of either says
 * little of the memory, as a connection over TLS takes ten times as much as one that is idle without.
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

  /** Counts so many bytes, room or no room. */
  take(bytes: number): void {
    this.#bytes += bytes;
  }

  giveBack(bytes: number): void {
    this.#bytes -= bytes;
  }
}
