/** A body of which some pieces have been read, and what is left of it, if there is anything. */
export async function* bodyPieces(
  begun: Iterable<Uint8Array>,
  rest?: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* begun;
  if (rest !== undefined) yield* rest;
}
