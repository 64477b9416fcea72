/** The largest document that is read, in bytes: what fits into a ConfigMap. */
export const maxDocumentBytes = 1024 ** 2;

/** What is wrong with a document of this size, in words. */
export function tooLarge(bytes: number): string {
  return `has ${bytes} bytes; at most ${maxDocumentBytes} are read`;
}

/**
 * Whether a text has more than so many marks that begin or split values: brackets, commas, colons and ends of lines, quoted
 * or not. Each value of a document takes many times its text, so this is looked at before anything is parsed: a parser that
 * runs out of memory takes the whole process with it.
 */
export function hasMoreMarks(text: string, max: number): boolean {
  if (text.length <= max) return false;
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === comma || unit === bracket || unit === brace || unit === colon || unit === newline) {
      if (++count > max) return true;
    }
  }
  return false;
}

const [comma, bracket, brace, colon, newline] = [0x2c, 0x5b, 0x7b, 0x3a, 0x0a];

/**
 * How many values an item of a document holds when every alias in it is written out; infinite for one that holds
 * itself. Aliases of aliases grow without end, so what they stand for is counted once and never walked again.
 */
export function unfoldedSize(value: unknown, known: Map<object, number>): number {
  if (typeof value !== "object" || value === null) return 1;
  const size = known.get(value);
  if (size !== undefined) return size;
  // Met again before it is counted, it holds itself.
  known.set(value, Number.POSITIVE_INFINITY);
  let sum = 1;
  for (const part of Object.values(value)) sum += unfoldedSize(part, known);
  known.set(value, sum);
  return sum;
}
