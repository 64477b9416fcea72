/** Pieces of other memory may keep so much more than they hold before they are copied. */
const freeBytes = 64 * 1024;
/** Smaller pieces are copied together where there are many. */
const smallBytes = 1024;
const freePieces = 16;
const blockBytes = 16 * 1024;

/**
 * Collects the pieces of an answer. Each is a view of what was read with it, and keeps all of that: where a server sends
 * little of the answer among much else, or sends it byte by byte, pieces are copied together. What is kept is no more
 * than twice the answer and 128 KiB.
 */
export class Pieces {
  readonly #pieces: Buffer[] = [];
  /** What copies go to; the last of the pieces is its beginning. */
  #block: Buffer | undefined;
  #used = 0;
  #size = 0;
  /** The memory of the last piece that was not copied, and how much there is of all such memory. */
  #viewed: ArrayBufferLike | undefined;
  #viewedBytes = 0;
  /** How many bytes of pieces are views of it. */
  #inViews = 0;

  /** How many bytes there are. */
  get size(): number {
    return this.#size;
  }

  /** All of them, in order. */
  get list(): readonly Buffer[] {
    return this.#pieces;
  }

  push(piece: Buffer): void {
    this.#size += piece.length;
    if ((piece.length >= smallBytes || this.#pieces.length < freePieces) && this.#view(piece)) {
      this.#block = undefined;
      this.#pieces.push(piece);
    } else this.#copy(piece);
  }

  /** Whether a piece is worth the memory that it is a view of. */
  #view({ buffer, length }: Buffer): boolean {
    const more = buffer === this.#viewed ? 0 : buffer.byteLength;
    if (this.#viewedBytes + more > 2 * (this.#inViews + length) + freeBytes) return false;
    this.#viewed = buffer;
    this.#viewedBytes += more;
    this.#inViews += length;
    return true;
  }

  #copy(piece: Buffer): void {
    for (let at = 0; at < piece.length; ) {
      if (this.#block === undefined || this.#used === blockBytes) {
        this.#block = Buffer.allocUnsafeSlow(blockBytes);
        this.#used = 0;
        this.#pieces.push(this.#block);
      }
      const end = Math.min(piece.length, at + blockBytes - this.#used);
      this.#block.set(piece.subarray(at, end), this.#used);
      this.#used += end - at;
      at = end;
      this.#pieces[this.#pieces.length - 1] = this.#block.subarray(0, this.#used);
    }
  }
}
