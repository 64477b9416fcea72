import { numberReaderBinary } from "../../../gen/wasm/number-reader-binary.ts";
import type { ByteWriter } from "../../predict/json/byte-writer.ts";
import type { JsonScanner, Span } from "../../predict/json/json-scanner.ts";
import { instantiate } from "../../predict/json/web-assembly.ts";
import { datatypes } from "../datatype.ts";
import { ElementProblem, TensorProblem } from "../tensor-problem.ts";
import { elementReaders } from "./element-reader.ts";

const OPEN_BRACKET = 0x5b;

/** Where things lie in the memory of `wasm/number-reader.ts`. */
const textAt = 0x200;
const numbersAt = 0x8000;
/** So many bytes behind the text are read, too. */
const readBehind = 16;
/** How much text goes in at a time. */
const windowBytes = 0x4000;

const { readNumbers, memory } = instantiate<{
  readNumbers: (start: number, nested: boolean, narrow: boolean) => number;
}>(numberReaderBinary);
const bytes = new Uint8Array(memory.buffer);
const notes = new DataView(memory.buffer);

/** A list of floats in JSON, whose syntax has been checked and whose lists all have the size that a shape says. */
export interface FloatList {
  readonly datatype: "FP32" | "FP64";
  readonly scanner: JsonScanner;
  /** With its brackets. */
  readonly list: Span;
  /** How many elements there are, in lists of any depth where the first one is a list. */
  readonly count: number;
  /** Where their bytes go. */
  readonly raw: ByteWriter;
  /** Names the list in errors. */
  readonly field: string;
}

/** Appends floats of JSON as raw bytes, several times as fast as one by one. @throws TensorProblem */
export function appendFloats({ datatype, scanner, list, count, raw, field }: FloatList): void {
  const narrow = datatype === "FP32";
  const size = datatypes[datatype].bytes;
  const first = scanner.space(list.start + 1);
  const nested = scanner.bytes[first] === OPEN_BRACKET;
  let done = 0;
  const readAlone = (at: number): number => {
    try {
      return elementReaders[datatype](scanner, at, raw);
    } catch (error) {
      if (error instanceof ElementProblem) throw new TensorProblem(`${field}[${done}]`, error.message);
      throw error;
    } finally {
      done++;
    }
  };
  for (let windowStart = first; done < count; ) {
    const length = Math.min(windowBytes, list.end - windowStart);
    bytes.set(scanner.bytes.subarray(windowStart, windowStart + length), textAt);
    bytes.fill(0, textAt + length, textAt + length + readBehind);
    let at = windowStart;
    while (done < count && at < windowStart + length) {
      const read = readNumbers(at - windowStart, nested, narrow);
      raw.bytes(bytes, numbersAt, numbersAt + read * size);
      done += read;
      at = windowStart + notes.getUint32(0, true);
      if (notes.getUint32(4, true) === 0) break;
      // What ends the list is no element.
      if (done < count) at = readAlone(at);
    }
    // A number that fills the window does not show where it ends.
    windowStart = at === windowStart ? readAlone(at) : at;
  }
}
