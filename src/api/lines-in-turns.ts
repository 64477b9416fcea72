import { afterLongTurn } from "../registry/long-turn.ts";

/** After so many items it is seen whether others should go first. */
const itemsAtOnce = 50;

/** Writes the lines of many items, in parts, so that a call never has to wait for all of them. */
export async function linesInTurns<Item>(
  items: readonly Item[],
  linesOf: (item: Item) => string,
): Promise<readonly Buffer[]> {
  const parts: Buffer[] = [];
  for (let i = 0; i < items.length; i += itemsAtOnce) {
    const lines = items.slice(i, i + itemsAtOnce).map(linesOf);
    parts.push(Buffer.from(lines.join("")));
    const pause = afterLongTurn();
    if (pause !== undefined) await pause;
  }
  return parts;
}
