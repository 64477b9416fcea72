import { numbersBinary } from "../../../gen/wasm/numbers-binary.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { writeDouble, writeNumber } from "./number.ts";
import { instantiate } from "./web-assembly.ts";

/** Addresses in the memory of `wasm/numbers.ts`. */
const textAt = 0x4000;
const numbersAt = 0x1_0000;

/** How many numbers can be put in for one call. */
export const maxNumbers = 1024;

const { writeNumbers, memory } = instantiate<{
  writeNumbers: (from: number, count: number, width: number, column: number, asDoubles: boolean) => number;
}>(numbersBinary);
const bytes = new Uint8Array(memory.buffer);
const notes = new DataView(memory.buffer);

/** The numbers to be written, little-endian. */
export const numbers: DataView = new DataView(memory.buffer, numbersAt, maxNumbers * 8);

/**
 * Appends the first `count` of `numbers` as JSON text, each as `writeNumber` gives it, with commas between, and with
 * brackets between rows of `width`.
 *
 * @param done how many numbers of the same rows have been appended before
 * @param asDoubles whether each is written as `writeDouble` gives it
 */
export function appendNumbers(writer: ByteWriter, count: number, width: number, done: number, asDoubles = false): void {
  for (let from = 0; from < count; from++) {
    const before = done + from;
    const column = before === 0 ? 0 : ((before - 1) % width) + 1;
    const length = writeNumbers(from, count, width, column, asDoubles);
    writer.bytes(bytes, textAt, textAt + length);
    from = notes.getInt32(0, true);
    // The engine itself writes very large, very small, and a very few other numbers.
    if (from >= count) return;
    const value = numbers.getFloat64(from * 8, true);
    writer.text(asDoubles ? writeDouble(value) : writeNumber(value));
  }
}

/**
 * Appends packed doubles, the lowest byte of each first, in rows of `width`, each as `writeDouble` gives it; some of them in each
 * step.
 */
export function* appendRows(writer: ByteWriter, packed: Uint8Array, width: number): Generator<void, void> {
  const total = packed.length / 8;
  for (let done = 0; done < total; done += maxNumbers) {
    const count = Math.min(maxNumbers, total - done);
    bytes.set(packed.subarray(done * 8, (done + count) * 8), numbersAt);
    appendNumbers(writer, count, width, done, true);
    if (done + count < total) yield;
  }
}
