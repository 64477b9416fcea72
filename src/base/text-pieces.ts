/** How many characters of a long text are written before others get their turn: escaped and encoded they take up to a millisecond. */
export const pieceChars = 32 * 1024;

/** The owner of all long texts that are written, for `whenNotBusy`: who asks for many waits for them, and for nothing else. */
export const longTexts: object = {};

/** A text in pieces of at most `pieceChars` characters, none of which ends in the middle of a surrogate pair. */
export function* textPieces(text: string): Generator<string> {
  let from = 0;
  while (text.length - from > pieceChars) {
    let to = from + pieceChars;
    if ((text.charCodeAt(to - 1) & 0xfc00) === 0xd800) to--;
    yield text.slice(from, to);
    from = to;
  }
  yield from === 0 ? text : text.slice(from);
}

/** The JSON string of a text, in pieces. */
export function* jsonStringPieces(text: string): Generator<string> {
  if (text.length <= pieceChars) {
    yield JSON.stringify(text);
    return;
  }
  yield '"';
  for (const piece of textPieces(text)) yield JSON.stringify(piece).slice(1, -1);
  yield '"';
}

/** The same text in fewer pieces: small ones are put together. */
export function* joinedPieces(pieces: Iterable<string>): Generator<string> {
  let joined = "";
  for (const piece of pieces) {
    if (joined.length > 0 && joined.length + piece.length > pieceChars) {
      yield joined;
      joined = "";
    }
    joined += piece;
  }
  if (joined.length > 0) yield joined;
}
