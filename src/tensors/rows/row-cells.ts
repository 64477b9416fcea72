import { ByteWriter } from "../../predict/json/byte-writer.ts";
import type { JsonScanner } from "../../predict/json/json-scanner.ts";
import type { Datatype } from "../datatype.ts";
import { copyElement, type NonFiniteForm } from "../elements/copy-element.ts";
import { elementReaders } from "../elements/element-reader.ts";
import type { TensorData } from "../tensor.ts";
import { ElementProblem, TensorProblem } from "../tensor-problem.ts";

const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** How tensors are to be held: as raw bytes, or as JSON text. */
export type HeldAs = { readonly as: "raw" } | { readonly as: "json"; readonly nonFinite: NonFiniteForm };

/** Collects the elements of one tensor from cells of JSON, each of which has the same shape. */
export class CellCollector {
  /** The size of each dimension of a cell, as the first one shows it; empty for single values. */
  readonly cellShape: number[] = [];
  /** How many lists are around each element, once that is known. */
  #depth: number | undefined;
  /** Where the element is that is being read. */
  readonly #indexes: number[] = [];
  readonly #scanner: JsonScanner;
  readonly #datatype: Datatype;
  readonly #heldAs: HeldAs;
  readonly #writer: ByteWriter;

  constructor(scanner: JsonScanner, datatype: Datatype, heldAs: HeldAs, expectedBytes: number) {
    this.#scanner = scanner;
    this.#datatype = datatype;
    this.#heldAs = heldAs;
    this.#writer = new ByteWriter(expectedBytes);
    if (heldAs.as === "json") this.#writer.byte(OPEN_BRACKET);
  }

  /**
   * Takes the cell at a position, and returns where it ends. Of a cell in which the scanner gives way, the rest is taken by the
   * next call.
   *
   * @param path names the cell, and the place within it, once something is wrong
   * @throws TensorProblem
   */
  add(at: number, path: (indexes: readonly number[]) => string): number {
    this.#indexes.length = 0;
    try {
      return this.#value(at, 0);
    } catch (error) {
      if (error instanceof ElementProblem) throw new TensorProblem(path(this.#indexes), error.message);
      throw error;
    }
  }

  finish(): TensorData {
    if (this.#heldAs.as === "raw") return { raw: this.#writer.finish() };
    this.#writer.byte(CLOSE_BRACKET);
    return { json: this.#writer.finish() };
  }

  #value(at: number, dimension: number): number {
    const scanner = this.#scanner;
    const { cellShape } = this;
    if (scanner.bytes[at] !== OPEN_BRACKET) {
      this.#depth ??= dimension;
      if (dimension === this.#depth) return this.#element(at);
      throw new ElementProblem(`expected a list of ${cellShape[dimension]}, as in the first row`);
    }
    if (dimension === this.#depth) {
      throw new ElementProblem("expected a single value, as in the first row; found a list");
    }
    if (dimension === cellShape.length) cellShape.push(Number.POSITIVE_INFINITY);
    const size = cellShape[dimension]!;
    let count = 0;
    const end = scanner.array(at, 0, (index, itemAt) => {
      count = index + 1;
      if (count > size) return scanner.value(itemAt, 0);
      this.#indexes[dimension] = index;
      return this.#value(itemAt, dimension + 1);
    });
    this.#indexes.length = dimension;
    if (size === Number.POSITIVE_INFINITY) {
      cellShape[dimension] = count;
      // Nothing shows how deep a list is that holds nothing.
      if (count === 0) this.#depth ??= dimension + 1;
    } else if (count !== size) {
      throw new ElementProblem(`has ${count} values, and the first row has ${size}`);
    }
    return end;
  }

  #element(at: number): number {
    const writer = this.#writer;
    if (this.#heldAs.as === "raw") return elementReaders[this.#datatype.name](this.#scanner, at, writer);
    if (writer.length > 1) writer.byte(COMMA);
    return copyElement(this.#datatype, this.#scanner, at, writer, this.#heldAs.nonFinite);
  }
}
