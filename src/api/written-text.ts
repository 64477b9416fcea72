import { joinedPieces, longTexts } from "../base/text-pieces.ts";
import { goOnWhenNotBusy, whenNotBusy } from "../base/yield-if-busy.ts";

/**
 * The bytes of a text that comes in pieces. A short one is written at once. A long one is written in several turns of the event
 * loop, and one after the other: of hundreds that are asked for at once, all would be half written otherwise.
 *
 * @param isWanted asked between pieces; once it says no, the rest is left out
 */
export function writtenText(pieces: Iterable<string>, isWanted: () => boolean): Buffer | Promise<Buffer> {
  const joined = joinedPieces(pieces);
  const first = joined.next();
  if (first.done === true) return Buffer.alloc(0);
  const second = joined.next();
  return second.done === true ? Buffer.from(first.value) : writtenLong([first.value, second.value], joined, isWanted);
}

async function writtenLong(begun: readonly string[], rest: Iterable<string>, isWanted: () => boolean): Promise<Buffer> {
  await whenNotBusy(longTexts);
  const written = begun.map((piece) => Buffer.from(piece));
  for (const piece of rest) {
    written.push(Buffer.from(piece));
    await goOnWhenNotBusy(longTexts);
    if (!isWanted()) break;
  }
  return Buffer.concat(written);
}
