/** Sorted names with some taken out and some put in, in one pass over what is there. */
export function changeSorted<Name extends string>(
  sorted: readonly Name[],
  removed: ReadonlySet<Name>,
  added: readonly Name[],
): readonly Name[] {
  if (removed.size === 0 && added.length === 0) return sorted;
  const news = [...added].sort();
  const result: Name[] = [];
  let next = 0;
  for (const name of sorted) {
    while (next < news.length && news[next]! < name) result.push(news[next++]!);
    if (!removed.has(name)) result.push(name);
  }
  while (next < news.length) result.push(news[next++]!);
  return result;
}
