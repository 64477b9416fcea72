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
