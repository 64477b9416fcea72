import type { Slices } from "../../base/in-slices.ts";
import type { ByteWriter } from "../../predict/json/byte-writer.ts";
import type { JsonScanner, Span } from "../../predict/json/json-scanner.ts";
import { appendFloats } from "../../predict/json/number-reader.ts";
import { ElementProblem, TensorProblem } from "../tensor-problem.ts";
import { elementReaders } from "./element-reader.ts";

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
export function appendFloatElements({ datatype, scanner, list, count, raw, field }: FloatList): Slices<void> {
  const items = { start: scanner.space(list.start + 1), end: list.end };
  return appendFloats({ bytes: scanner.bytes, list: items, count }, raw, datatype === "FP32", (index, at) => {
    try {
      return elementReaders[datatype](scanner, at, raw);
    } catch (error) {
      if (error instanceof ElementProblem) throw new TensorProblem(`${field}[${index}]`, error.message);
      throw error;
    }
  });
}
