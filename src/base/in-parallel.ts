/**
 * Maps items a few at a time; results are in the order of the items. A result that is not a promise is not awaited.
 *
 * @param limit how many are under way at most
 */
export async function inParallel<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => R | Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const at = next++;
      const result = work(items[at]!);
      results[at] = result instanceof Promise ? await result : result;
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
