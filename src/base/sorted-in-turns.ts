import { yieldIfBusy } from "./yield-if-busy.ts";

type Compare<Item> = (a: Item, b: Item) => number;

/** How many items are sorted or merged between two looks at the clock. */
const stepLength = 256;

/** Sorts a list of thousands of items in many short turns of the event loop. The sort is stable. */
export async function sortedInTurns<Item>(items: readonly Item[], compare: Compare<Item>): Promise<readonly Item[]> {
  const runs: Item[][] = [];
  for (let at = 0; at < items.length; at += stepLength) {
    runs.push(items.slice(at, at + stepLength).sort(compare));
    await yieldIfBusy();
  }
  return mergedInTurns(runs, compare);
}

/** Merges sorted lists into one, in short turns as well. Of equal items those of an earlier list come first. */
export async function mergedInTurns<Item>(
  lists: readonly (readonly Item[])[],
  compare: Compare<Item>,
): Promise<readonly Item[]> {
  let runs = lists;
  while (runs.length > 1) {
    const merged: (readonly Item[])[] = [];
    for (let i = 0; i < runs.length; i += 2) merged.push(await mergeTwo(runs[i]!, runs[i + 1] ?? [], compare));
    runs = merged;
  }
  return runs[0] ?? [];
}

async function mergeTwo<Item>(
  left: readonly Item[],
  right: readonly Item[],
  compare: Compare<Item>,
): Promise<readonly Item[]> {
  if (right.length === 0) return left;
  const merged: Item[] = [];
  for (let i = 0, j = 0; i < left.length || j < right.length; ) {
    const isLeft = j === right.length || (i < left.length && compare(left[i]!, right[j]!) <= 0);
    merged.push(isLeft ? left[i++]! : right[j++]!);
    if (merged.length % stepLength === 0) await yieldIfBusy();
  }
  return merged;
}
