import { rowScannerBinary } from "../../../gen/wasm/row-scanner-binary.ts";
import { instantiate } from "../json/web-assembly.ts";
import type { NumberRanges } from "./number-ranges.ts";

/** Addresses in the memory of `wasm/row-scanner.ts`. */
const textAt = 64;
const windowBytes = 0x1_0000;
const rangesAt = textAt + windowBytes + 128;
/** The scanner reads up to this many bytes after the text. */
const readBehind = 80;

const { passRows, passNumbers, memory } = instantiate<{
  passRows: (start: number, width: number, ranged: boolean) => number;
  passNumbers: (start: number) => number;
}>(rowScannerBinary);
const bytesInMemory = new Uint8Array(memory.buffer);
const notes = new DataView(memory.buffer);

/** The first bytes of a list are skipped in other ways: below this size it is not worthwhile. */
export const worthwhileBytes = 512;

/**
 * After a row that it cannot skip, the scanner leaves this many bytes to the slow way; twice as many after each further
 * one.
 */
const firstPauseBytes = 64;
const longestPauseBytes = 0x10_0000;

/** How many windows have been loaded; the last one is in memory. */
let loads = 0;

/**
 * Skips the rows of a list, or its numbers, as long as they are decimals without an exponent, several times as fast as
 * a JavaScript loop. The bytes are copied into a small memory, one window at a time. A window is at most four times as
 * large as what has been read since the one before, so that copying costs little compared to reading, whatever the text
 * contains.
 */
export class SimdRowScanner {
  /** How many rows or numbers were passed over last. */
  count = 0;
  readonly #bytes: Uint8Array;
  readonly #ranges: Uint8Array | undefined;
  readonly #width: number;
  /** Whether there are more columns than it has room for. */
  readonly #isTooWide: boolean;
  /** The start of the window, and the position from which it no longer helps. */
  #windowStart: number;
  #windowEnd = 0;
  /** The number of the window. */
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
   * Skips rows from `at` on, the start of a row other than the first. Returns the position after the last one; `at`
   * when it skips none.
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
    // The next window starts with the row that continues beyond this one.
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
