import { asBuffer } from "../base/as-buffer.ts";
import { joinedPieces, longTexts } from "../base/text-pieces.ts";
import { goOnWhenNotBusy, whenNotBusy } from "../base/yield-if-busy.ts";

/**
 * The bytes of a text that comes in pieces. A short one is written at once, and a long one as by `writtenInTurns`.
 *
 * @param isWanted asked between pieces; once it says no, the rest is left out
 */
export function writtenText(pieces: Iterable<string>, isWanted: () => boolean): Buffer | Promise<Buffer> {
  const joined = joinedPieces(pieces);
  const first = joined.next();
  if (first.done === true) return Buffer.alloc(0);
  const second = joined.next();
  if (second.done === true) return Buffer.from(first.value);
  return writtenInTurns(encoded([first.value, second.value], joined), isWanted);
}

/**
 * The bytes of a long answer, whose pieces are made in several turns of the event loop. One answer is written after the other: of
 * hundreds that are asked for at once, all would be half written otherwise.
 */
export async function writtenInTurns(pieces: Iterable<Uint8Array>, isWanted: () => boolean): Promise<Buffer> {
  await whenNotBusy(longTexts);
  const written: Uint8Array[] = [];
  for (const piece of pieces) {
    written.push(piece);
    await goOnWhenNotBusy(longTexts);
    if (!isWanted()) break;
  }
  return joined(written);
}

/** Pieces as one, which is not copied where it is one already. */
export function joined(pieces: readonly Uint8Array[]): Buffer {
  const [first] = pieces;
  return first !== undefined && pieces.length === 1 ? asBuffer(first) : Buffer.concat(pieces);
}

/** Texts as bytes, each of which is made when it is asked for. */
export function* encoded(...texts: readonly Iterable<string>[]): Generator<Buffer> {
  for (const pieces of texts) for (const piece of pieces) yield Buffer.from(piece);
}
