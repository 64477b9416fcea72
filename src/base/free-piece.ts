/**
 * Gives the memory of a piece that nobody needs back at once. The collector takes its time for what lies outside of the heap, and
 * an upload comes in faster. A piece that shares its memory is left alone.
 */
export function freePiece({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
