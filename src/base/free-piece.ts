/**
 * Frees the memory of a piece at once. The garbage collector is slow to free memory outside its heap, and uploads can
 * come in faster. A piece that shares its memory is left alone.
 */
export function freePiece({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
