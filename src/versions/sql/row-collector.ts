import type { Row, RowPage } from "./executor.ts";

/**
 * Takes the rows of a statement as they come, and no more once their texts have `maxChars` characters together: a row may
 * have megabytes of them, and a page a thousand rows. The first row is taken whatever it has.
 */
export class RowCollector implements RowPage {
  readonly rows: Row[] = [];
  isWhole = true;
  /** Characters of rows that came on top, and were dropped. */
  droppedChars = 0;
  #charsLeft: number;

  constructor(maxChars: number) {
    this.#charsLeft = maxChars;
  }

  /** Takes a row, or drops it. Returns whether it has taken it. */
  take(row: Row): boolean {
    if (this.#charsLeft <= 0) {
      this.isWhole = false;
      this.droppedChars += charsOf(row);
      return false;
    }
    this.#charsLeft -= charsOf(row);
    this.rows.push(row);
    return true;
  }
}

function charsOf(row: Row): number {
  let chars = 0;
  for (const value of row) if (typeof value === "string") chars += value.length;
  return chars;
}
