import { numberReaderBinary } from "../../../gen/wasm/number-reader-binary.ts";
import type { Slices } from "../../base/in-slices.ts";
import type { ByteWriter } from "./byte-writer.ts";
import type { Span } from "./json-scanner.ts";
import { instantiate } from "./web-assembly.ts";

const OPEN_BRACKET = 0x5b;

/** Addresses in the memory of `wasm/number-reader.ts`. */
const textAt = 0x400;
const numbersAt = 0x8000;
/** How much text is copied in at a time. */
const windowBytes = 0x4000;

const { readNumbers, memory } = instantiate<{
  readNumbers: (start: number, length: number, nested: boolean, narrow: boolean) => number;
}>(numberReaderBinary);
const bytes = new Uint8Array(memory.buffer);
const notes = new DataView(memory.buffer);

/** Numbers in JSON text. */
export interface NumberList {
  readonly bytes: Uint8Array;
  /** From the first number, or the bracket before it, to the bracket that ends the list. */
  readonly list: Span;
  /** How many numbers there are, in lists of any depth where the first item is a list. */
  readonly count: number;
}

/**
 * Appends JSON numbers, whose syntax has been checked, as little-endian floats: several times as fast as one by one. A
 * window is a slice.
 *
 * @param narrow whether each takes four bytes instead of eight
 * @param readAlone appends the element with an index, at a position, that is not an ordinary number, and returns the
 * position after it
 */
export function* appendFloats(
  { bytes: source, list, count }: NumberList,
  raw: ByteWriter,
  narrow: boolean,
  readAlone: (index: number, at: number) => number,
): Slices<void> {
  const nested = source[list.start] === OPEN_BRACKET;
  let done = 0;
  for (let windowStart = list.start; done < count; ) {
    const length = Math.min(windowBytes, list.end - windowStart);
    bytes.set(source.subarray(windowStart, windowStart + length), textAt);
    let at = windowStart;
    while (done < count && at < windowStart + length) {
      const read = readNumbers(at - windowStart, length, nested, narrow);
      raw.bytes(bytes, numbersAt, numbersAt + read * (narrow ? 4 : 8));
      done += read;
      at = windowStart + notes.getUint32(0, true);
      if (notes.getUint32(4, true) === 0) break;
      // The bracket that ends the list is not an element.
      if (done < count) at = readAlone(done++, at);
    }
    // A number that fills the window may continue after it.
    windowStart = at === windowStart ? readAlone(done++, at) : at;
    if (done < count && length === windowBytes) yield;
  }
}
