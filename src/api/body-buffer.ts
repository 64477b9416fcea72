import { asBuffer } from "../base/as-buffer.ts";
import { freePiece } from "../base/free-piece.ts";

/** Pieces of this size and more are kept as they are. */
const ownPieceBytes = 16 * 1024;

const noBlock: Buffer = Buffer.alloc(0);

/**
 * Collects the pieces of a body. Small pieces are copied together: a piece of one byte would cost a hundred times its
 * size, and keep the whole read buffer that it came in alive.
 */
export class BodyBuffer {
  readonly #pieces: Uint8Array[] = [];
  /** The buffer that small pieces are copied into. Its bytes from `#from` to `#used` are not yet among the pieces. */
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

  /** The whole body as one buffer. The collector is empty afterwards, and pieces that own their memory are freed. */
  take(): Buffer {
    this.#closeBlock();
    const [first] = this.#pieces;
    const isOne = first !== undefined && this.#pieces.length === 1;
    const whole = isOne ? asBuffer(first) : joined(this.#pieces, this.#byteLength);
    this.clear();
    return whole;
  }

  /** The whole body piece by piece, without a second copy in memory. The collector is empty afterwards. */
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

function joined(pieces: readonly Uint8Array[], byteLength: number): Buffer {
  const whole = Buffer.allocUnsafe(byteLength);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
    freePiece(piece);
  }
  return whole;
}
