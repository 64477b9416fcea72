/** The head of a message on its stream: whether it is compressed, and its length. */
export const frameHeadBytes = 5;

/** The pieces of a message, preceded by its head. */
export function framed(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  const head = Buffer.allocUnsafe(frameHeadBytes);
  head[0] = 0;
  head.writeUInt32BE(
    pieces.reduce((sum, { byteLength }) => sum + byteLength, 0),
    1,
  );
  return [head, ...pieces];
}

/** The one message of an answer. */
export interface UnaryMessage {
  readonly isCompressed: boolean;
  readonly bytes: Buffer;
}

/** Extracts the only message of an answer; undefined where there is none, an incomplete one, or more than one. */
export function messageOf(body: Buffer): UnaryMessage | undefined {
  if (body.length < frameHeadBytes || body[0]! > 1) return undefined;
  if (body.readUInt32BE(1) !== body.length - frameHeadBytes) return undefined;
  return { isCompressed: body[0] === 1, bytes: body.subarray(frameHeadBytes) };
}
