/** The same bytes as a Buffer, which has more methods. Most are one already, and making one costs more than most of these. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
