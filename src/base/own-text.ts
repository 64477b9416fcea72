/**
 * A text as a copy that stands for itself. Parts of a long text, and texts that are put together of such parts, keep the whole text
 * in memory for as long as they live.
 */
export function ownText(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}
