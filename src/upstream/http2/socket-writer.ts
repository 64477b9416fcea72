import type { Socket } from "node:net";
import { takeAll } from "../../base/take-all.ts";

/** Smaller pieces are copied together: each costs more than it holds. */
const smallBytes = 4096;
const blockBytes = 16 * 1024;

const noBlock: Buffer = Buffer.alloc(0);

/** Gathers what goes out in one turn of the event loop, and hands it to the system at once. */
export class SocketWriter {
  readonly #socket: Socket;
  readonly #onFlushed: () => void;
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;
  #block = noBlock;
  /** What of the block is not among the pieces yet: from here up to `#used`. */
  #from = 0;
  #used = 0;
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

  /** What small pieces are written into. */
  get block(): Buffer {
    return this.#block;
  }

  /** Makes room for a small piece. Returns where in the block it is to be written, before anything else is. */
  room(bytes: number): number {
    if (this.#block.length - this.#used < bytes) {
      this.#closePart();
      this.#block = Buffer.allocUnsafeSlow(Math.max(blockBytes, bytes));
      this.#from = 0;
      this.#used = 0;
    }
    const at = this.#used;
    this.#used += bytes;
    this.#added(bytes);
    return at;
  }

  /** The piece must not change any more. */
  write(piece: Uint8Array): void {
    const { byteLength } = piece;
    if (byteLength < smallBytes) {
      const at = this.room(byteLength);
      this.#block.set(piece, at);
      return;
    }
    this.#closePart();
    this.#pieces.push(piece);
    this.#added(byteLength);
  }

  flush(): void {
    this.#scheduled = false;
    this.#closePart();
    const pieces = takeAll(this.#pieces);
    if (pieces.length === 0) return;
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

  #added(bytes: number): void {
    this.#bytes += bytes;
    if (this.#scheduled) return;
    this.#scheduled = true;
    // Behind all that has come in this turn: many calls go out as one.
    setImmediate(() => this.flush());
  }

  #closePart(): void {
    if (this.#used > this.#from) this.#pieces.push(this.#block.subarray(this.#from, this.#used));
    this.#from = this.#used;
  }
}
