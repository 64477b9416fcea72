const pieceBytes = 1024;

/** The position of the first invalid UTF-8 sequence. There must be one. */
export function notUtf8At(bytes: Uint8Array): number {
  let decoder = new TextDecoder("utf-8", { fatal: true });
  let start = 0;
  try {
    for (; start < bytes.length; start += pieceBytes) {
      decoder.decode(bytes.subarray(start, start + pieceBytes), { stream: true });
    }
  } catch {
    // It is in this piece, or begins at the end of the one before.
  }
  decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let at = Math.max(0, start - 2 * pieceBytes);
  while (at > 0 && isContinuation(bytes[at]!)) at++;
  let character = at;
  try {
    for (; at < bytes.length; at++) {
      if (decoder.decode(bytes.subarray(at, at + 1), { stream: true }) !== "") character = at + 1;
    }
  } catch {
    // The character that this byte is to be part of, or to start.
  }
  return character;
}

/** Whether text starts with U+FEFF, as some editors and Windows write it. */
export function hasByteOrderMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
