/** The largest document that is read, in bytes: what fits into a ConfigMap. */
export const maxDocumentBytes = 1024 ** 2;

/** The problem of a document of this size, in words. */
export function tooLarge(bytes: number): string {
  return `has ${bytes} bytes; at most ${maxDocumentBytes} are read`;
}

/**
 * How many values an item of a document has once every alias is expanded; infinite for one that contains itself.
 * Aliases of aliases grow exponentially, so the size of each target is computed once.
 */
export function unfoldedSize(value: unknown, known: Map<object, number>): number {
  if (typeof value !== "object" || value === null) return 1;
  const size = known.get(value);
  if (size !== undefined) return size;
  // If it is reached again before it is counted, it contains itself.
  known.set(value, Number.POSITIVE_INFINITY);
  let sum = 1;
  for (const part of Object.values(value)) sum += unfoldedSize(part, known);
  known.set(value, sum);
  return sum;
}
