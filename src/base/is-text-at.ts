/** Whether a text stands in bytes from a position on, a byte for each of its characters (latin1). */
export function isTextAt(text: string, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}
