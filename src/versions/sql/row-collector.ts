import { charsOfTexts } from "../../base/chars-of-texts.ts";
import type { Row, RowPage } from "./executor.ts";

/**
 * Collects the rows of a statement as long as their texts have at most `maxChars` characters together: a row may have
 * megabytes, and a page a thousand rows. The first row is always taken.
 */
export class RowCollector implements RowPage {
  readonly rows: Row[] = [];
  isWhole = true;
  /** The characters of further rows, which were dropped. */
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
