/** How much of a model server's message reaches a caller. */
const maxWordsBytes = 1024;

/**
 * A model server's error message, in its three forms: `{"error": "..."}`, `{"detail": ...}` (a text or a list), and
 * plain text. Cut at 1 KiB.
 *
 * @param shown selects the part of the message that callers may see; it gets up to 64 KiB. Default: all
 */
export function modelWords(body: Uint8Array, shown: (words: string) => string = (words) => words): string {
  // An error that is not valid JSON within this length is shown as text.
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

/** A model server's message as callers get it: cut at 1 KiB, not within a character. */
export function cutWords(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxWordsBytes) return text;
  let end = maxWordsBytes;
  // Not within a character: continuation bytes of UTF-8 start with the bits 10.
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.toString("utf8", 0, end);
}
