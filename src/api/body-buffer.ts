import { asBuffer } from "../base/as-buffer.ts";

/** Pieces of this size and more are kept as they are. */
const ownPieceBytes = 16 * 1024;

const noBlock: Buffer = Buffer.alloc(0);

/**
 * Collects the pieces of a body. Small ones are copied together: a piece of one byte would cost a hundred times as much
 * as it holds, and keep the whole read that it came in.
 */
export class BodyBuffer {
  readonly #pieces: Uint8Array[] = [];
  /** What small pieces are copied into. Its part from `#from` to `#used` is not among the pieces yet. */
  #block = noBlock;
  #from = 0;
  #used = 0;
  #byteLength = 0;

  get byteLength(): number {
    return this.#byteLength;
  }

  append(piece: Uint8Array): void {
    const size = piece.byteLength;
    this.#byteLength += size;
    // Most bodies come in one piece.
    if (size >= ownPieceBytes || this.#byteLength === size) {
      this.#closeBlock();
      this.#pieces.push(piece);
      return;
    }
    if (this.#block.byteLength - this.#used < size) {
      this.#closeBlock();
      this.#block = Buffer.allocUnsafeSlow(ownPieceBytes);
      this.#from = 0;
      this.#used = 0;
    }
    this.#block.set(piece, this.#used);
    this.#used += size;
  }

  /** Everything, as one. Nothing is left here. */
  take(): Buffer {
    this.#closeBlock();
    const [first] = this.#pieces;
    const isOne = first !== undefined && this.#pieces.length === 1;
    const whole = isOne ? asBuffer(first) : Buffer.concat(this.#pieces, this.#byteLength);
    this.clear();
    return whole;
  }

  /** Everything, piece by piece, without a copy of the whole beside them. Nothing is left here. */
  *drain(): Generator<Uint8Array> {
    this.#closeBlock();
    const pieces = this.#pieces.splice(0);
    this.clear();
    yield* pieces;
  }

  clear(): void {
    this.#pieces.length = 0;
    this.#block = noBlock;
    this.#from = 0;
    this.#used = 0;
    this.#byteLength = 0;
  }

  #closeBlock(): void {
    if (this.#used > this.#from) this.#pieces.push(this.#block.subarray(this.#from, this.#used));
    this.#from = this.#used;
  }
}
