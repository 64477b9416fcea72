import { outOfTurn } from "../../base/in-slices.ts";

/** How many bytes are copied before others get their turn: allocating memory costs more than copying. */
const copiedAtOnce = 1024 * 1024;

/**
 * Returns work that joins the pieces of a body, to be called until it does not throw `outOfTurn`.
 *
 * @param size how many bytes they have in all
 */
export function joinPieces(pieces: readonly Buffer[], size: number): () => Buffer {
  if (pieces.length === 1) return () => pieces[0]!;
  if (size <= copiedAtOnce) return () => Buffer.concat(pieces, size);
  const whole = Buffer.allocUnsafe(size);
  let next = 0;
  let at = 0;
  return () => {
    for (const from = at; next < pieces.length; next++) {
      if (at - from >= copiedAtOnce) throw outOfTurn;
      const piece = pieces[next]!;
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  };
}
