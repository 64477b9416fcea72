import { charsOfTexts } from "../../base/chars-of-texts.ts";
import type { Row, RowPage } from "./executor.ts";

/**
 * Takes the rows of a statement as they come, for as long as their texts have at most `maxChars` characters together: a row
 * may have megabytes of them, and a page a thousand rows. The first row is taken whatever it has.
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
    const chars = charsOfTexts(row);
    if (!this.isWhole || (this.rows.length > 0 && chars > this.#charsLeft)) {
      this.isWhole = false;
      this.droppedChars += chars;
      return false;
    }
    this.#charsLeft -= chars;
    this.rows.push(row);
    return true;
  }
}
