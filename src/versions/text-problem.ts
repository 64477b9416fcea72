import type { Violation } from "./versions-error.ts";

/**
 * What keeps a text from being stored as it is, or undefined. Databases disagree on NUL: one refuses it, one stores it,
 * and one takes it for the end. A half of a surrogate pair is not a character, and would come back as another one.
 */
export function textProblem(text: string): string | undefined {
  if (text.includes("\0")) return "contains a NUL character, which cannot be stored";
  if (!text.isWellFormed()) return "contains a lone surrogate, which is not a character";
  return undefined;
}

/** What is wrong with texts that one field holds, of at most `limit` characters in all. */
export function wrongTexts(texts: readonly unknown[], limit: number): Omit<Violation, "field"> | undefined {
  let length = 0;
  for (const text of texts) {
    if (typeof text !== "string") return { problem: "type", description: "expected a list of strings" };
    const problem = textProblem(text);
    if (problem !== undefined) return { problem: "text", description: `the text ${problem}` };
    length += characters(text);
  }
  return length <= limit ? undefined : { problem: "too_long", description: `${length} characters; at most ${limit}` };
}

/** How many characters (code points) a text has. */
export function characters(text: string): number {
  let pairs = 0;
  for (let i = 0; i < text.length; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800) pairs++;
  }
  return text.length - pairs;
}
