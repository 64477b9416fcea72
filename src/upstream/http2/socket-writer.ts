import type { Socket } from "node:net";

/** Smaller pieces are copied together: each costs more than it holds. */
const smallBytes = 4096;
const blockBytes = 16 * 1024;

/** Gathers what goes out in one turn of the event loop, and hands it to the system at once. */
export class SocketWriter {
  readonly #socket: Socket;
  readonly #onFlushed: () => void;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #scheduled = false;

  /** @param onFlushed is called when what was gathered has been handed over */
  constructor(socket: Socket, onFlushed: () => void) {
    this.#socket = socket;
    this.#onFlushed = onFlushed;
  }

  /** How many bytes the system has not taken yet. */
  get queuedBytes(): number {
    return this.#bytes + this.#socket.writableLength;
  }

  /** The piece must not change any more. */
  write(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#bytes += piece.byteLength;
    if (this.#scheduled) return;
    this.#scheduled = true;
    // Behind all that has come in this turn: many calls go out as one.
    setImmediate(() => this.flush());
  }

  flush(): void {
    this.#scheduled = false;
    if (this.#pieces.length === 0) return;
    const pieces = joinSmall(this.#pieces);
    this.#pieces = [];
    this.#bytes = 0;
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded) return;
    if (pieces.length === 1) socket.write(pieces[0]!);
    else {
      socket.cork();
      for (const piece of pieces) socket.write(piece);
      socket.uncork();
    }
    this.#onFlushed();
  }
}

/** The same bytes, with small pieces that follow each other copied into one. */
function joinSmall(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  if (pieces.length === 1) return pieces;
  const joined: Uint8Array[] = [];
  for (let at = 0; at < pieces.length; ) {
    const start = at;
    let bytes = 0;
    for (; at < pieces.length && pieces[at]!.byteLength < smallBytes && bytes < blockBytes; at++) {
      bytes += pieces[at]!.byteLength;
    }
    if (at - start > 1) joined.push(Buffer.concat(pieces.slice(start, at), bytes));
    else joined.push(pieces[at > start ? start : at++]!);
  }
  return joined;
}
