/** How much of what a model server says reaches a caller. */
const maxWordsBytes = 1024;

/**
 * What a model server says of an error, in its three shapes: `{"error": "..."}`, `{"detail": ...}` (a text or a list),
 * and plain text. Cut at 1 KiB.
 *
 * @param shown what of the words is for callers: it gets up to 64 KiB. Default: all
 */
export function modelWords(body: Uint8Array, shown: (words: string) => string = (words) => words): string {
  // An error that does not parse within this much is shown as the text that it is.
  const text = Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, 64 * maxWordsBytes)).toString();
  return cutWords(shown((fromJson(text) ?? text).trim()));
}

/** The beginning of a body as text, cut at 1 KiB. */
export function bodyExcerpt(body: Uint8Array): string {
  return cutWords(Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, 2 * maxWordsBytes)).toString());
}

function fromJson(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    const { error, detail, message } = value as Record<string, unknown>;
    const words = error ?? detail ?? message;
    if (words === undefined || words === null) return undefined;
    return typeof words === "string" ? words : JSON.stringify(words);
  } catch {
    return undefined;
  }
}

/** Words of a model server as they reach callers: cut at 1 KiB, not within a character. */
export function cutWords(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxWordsBytes) return text;
  let end = maxWordsBytes;
  // Not within a character: continuation bytes of UTF-8 start with the bits 10.
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.toString("utf8", 0, end);
}
