/** How many pieces are kept without copying, however small. */
const freePieces = 16;
/** Smaller ones are copied together after that. */
const smallBytes = 1024;
const blockBytes = 16 * 1024;

/**
 * Collects the pieces of an answer. A server may send it byte by byte, and each piece would take a hundred times its
 * size in memory: where there are many, small ones are copied together.
 */
export class Pieces {
  readonly #pieces: Buffer[] = [];
  /** Where small pieces go; the last of the pieces is its beginning. */
  #block: Buffer | undefined;
  #used = 0;
  #size = 0;

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
    if (piece.length >= smallBytes || this.#pieces.length < freePieces) {
      this.#block = undefined;
      this.#pieces.push(piece);
      return;
    }
    if (this.#block === undefined || this.#used + piece.length > blockBytes) {
      this.#block = Buffer.allocUnsafe(blockBytes);
      this.#used = 0;
      this.#pieces.push(this.#block);
    }
    this.#block.set(piece, this.#used);
    this.#used += piece.length;
    this.#pieces[this.#pieces.length - 1] = this.#block.subarray(0, this.#used);
  }
}
