/** How many characters the texts among values have together. */
export function charsOfTexts(values: Iterable<unknown>): number {
  let chars = 0;
  for (const value of values) if (typeof value === "string") chars += value.length;
  return chars;
}
