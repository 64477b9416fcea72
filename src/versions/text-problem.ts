/**
 * What keeps a text from being stored as it is, or undefined. Databases disagree on NUL: one refuses it, one stores it,
 * and one takes it for the end. A half of a surrogate pair is no character, and would come back as another one.
 */
export function textProblem(text: string): string | undefined {
  if (text.includes("\0")) return "holds a NUL character, which cannot be stored";
  if (!text.isWellFormed()) return "holds a lone surrogate, which is no character";
  return undefined;
}

/** How many characters (code points) a text has. */
export function characters(text: string): number {
  let pairs = 0;
  for (let i = 0; i < text.length; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800) pairs++;
  }
  return text.length - pairs;
}
