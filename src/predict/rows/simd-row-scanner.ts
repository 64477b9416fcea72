import { rowScannerBinary } from "../../../gen/wasm/row-scanner-binary.ts";
import { instantiate } from "../json/web-assembly.ts";
import type { NumberRanges } from "./number-ranges.ts";

/** Where things lie in the memory of `wasm/row-scanner.ts`. */
const textAt = 64;
const windowBytes = 0x1_0000;
const rangesAt = textAt + windowBytes + 128;
/** So many bytes behind the text are read, too. */
const readBehind = 80;

const { passRows, passNumbers, memory } = instantiate<{
  passRows: (start: number, width: number, ranged: boolean) => number;
  passNumbers: (start: number) => number;
}>(rowScannerBinary);
const bytesInMemory = new Uint8Array(memory.buffer);
const notes = new DataView(memory.buffer);

/** So much of a list is passed over in other ways before this is worth it. */
export const worthwhileBytes = 512;

/** How much is left to others behind a row that is none of these, at first; twice as much behind each further one. */
const firstPauseBytes = 64;
const longestPauseBytes = 0x10_0000;

/** How many windows have been loaded: the last one lies in memory. */
let loads = 0;

/**
 * Passes over the rows of a list, or its numbers, as long as they hold nothing but decimals without an exponent, several times
 * as fast as a loop of JavaScript. The bytes go through a small memory, a window at a time. A window is at most four times as
 * large as what has been read since the one before, so that copying them costs little next to reading, whatever the text is.
 */
export class SimdRowScanner {
  /** How many rows or numbers were passed over last. */
  count = 0;
  readonly #bytes: Uint8Array;
  readonly #ranges: Uint8Array | undefined;
  readonly #width: number;
  /** There is no room for so many ranges. */
  readonly #isTooWide: boolean;
  /** Where the window starts, and where it no longer helps. */
  #windowStart: number;
  #windowEnd = 0;
  /** Which of all windows it is. */
  #load = -1;
  #pauseBytes = firstPauseBytes;
  #pauseEnd = 0;

  /**
   * @param listStart where the list starts
   * @param ranges passes over rows only whose numbers lie within these for sure
   */
  constructor(bytes: Uint8Array, listStart: number, ranges?: NumberRanges) {
    this.#bytes = bytes;
    this.#windowStart = listStart;
    this.#ranges = ranges?.areAny === true ? undefined : ranges?.integerBounds;
    this.#width = ranges === undefined ? 0 : ranges.whole.length;
    this.#isTooWide = ranges !== undefined && !ranges.areAny && this.#ranges === undefined;
  }

  /**
   * Passes over rows from `at` on, where one starts that is not the first. Returns the position behind the last; `at` when
   * it takes none.
   */
  pass(at: number): number {
    return this.#pass(at, true);
  }

  /** The same with numbers of the list itself. The position is behind the comma that follows the last. */
  passNumbers(at: number): number {
    return this.#pass(at, false);
  }

  #pass(at: number, areRows: boolean): number {
    this.count = 0;
    if (at < this.#pauseEnd || this.#isTooWide) return at;
    if (this.#load !== loads || at >= this.#windowEnd) this.#loadWindow(at);
    const start = at - this.#windowStart;
    this.count = areRows ? passRows(start, this.#width, this.#ranges !== undefined) : passNumbers(start);
    if (this.count > 0) {
      this.#pauseBytes = firstPauseBytes;
    } else {
      this.#pauseEnd = at + this.#pauseBytes;
      this.#pauseBytes = Math.min(this.#pauseBytes * 2, longestPauseBytes);
    }
    const end = this.#windowStart + notes.getUint32(0, true);
    // The row that goes on behind the window is to start the next one.
    if (this.#windowStart + notes.getUint32(4, true) >= this.#windowEnd) this.#windowEnd = end;
    return end;
  }

  #loadWindow(at: number): void {
    const bytes = this.#bytes;
    const size = Math.min(windowBytes, bytes.length - at, 4 * (at - this.#windowStart));
    bytesInMemory.set(bytes.subarray(at, at + size), textAt);
    bytesInMemory.fill(0, textAt + size, textAt + size + readBehind);
    if (this.#ranges !== undefined && this.#load !== loads) bytesInMemory.set(this.#ranges, rangesAt);
    this.#load = ++loads;
    this.#windowStart = at;
    this.#windowEnd = at + size;
  }
}
