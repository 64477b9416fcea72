import type { FieldViolation } from "../../registry/registry-error.ts";
import { ByteWriter } from "../json/byte-writer.ts";
import type { JsonScanner } from "../json/json-scanner.ts";
import type { FeatureSet } from "./feature-set.ts";
import { createRowWriter, type RowWriter } from "./row-writer.ts";

/** How many violations are named; the rest is only counted. */
const maxNamedViolations = 20;

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/** A cell that was left out, in the positions of a row: its default is written instead. */
export const leftOut = -1;

/**
 * Checks the rows of a request against the declared features while the scanner passes over them, and rewrites them
 * where the model expects another form.
 */
export class InstanceChecker {
  readonly violations: FieldViolation[] = [];
  violationCount = 0;
  readonly #scanner: JsonScanner;
  readonly #set: FeatureSet;
  readonly #start: number;
  /** The start and end of each cell of the current row, alternately. */
  readonly #cells: Int32Array;
  #writer: RowWriter | undefined;
  /** The row that is being checked: after a slice the scanner passes it again. */
  #index = -1;
  /** The end of the last row that was by position and needed no writing. */
  #unchangedUpTo: number;

  /** @param start where the array of instances starts */
  constructor(scanner: JsonScanner, set: FeatureSet, start: number) {
    this.#scanner = scanner;
    this.#set = set;
    this.#start = start;
    this.#unchangedUpTo = start;
    this.#cells = new Int32Array(set.columns.length * 2);
    if (set.format !== "array") this.#writer = this.#createWriter();
  }

  /** Checks the row that starts at `start`, and returns where it ends. */
  row(index: number, start: number): number {
    switch (this.#scanner.bytes[start]) {
      case OPEN_BRACKET:
        return this.#rowByPosition(index, start);
      case OPEN_BRACE:
        return this.#rowByName(index, start);
      default: {
        const end = this.#scanner.value(start, 2);
        const width = this.#set.columns.length;
        if (this.#isNamed()) {
          this.#violation(`instances[${index}]`, `expected a list of ${width}, or an object by feature name`);
        }
        return end;
      }
    }
  }

  /** The rows in the model's form, as the member of the request that holds them; undefined where nothing changed. */
  rewritten(): { readonly name: "instances" | "inputs"; readonly value: Uint8Array } | undefined {
    if (this.#writer === undefined) return undefined;
    return { name: this.#set.format === "columnar" ? "inputs" : "instances", value: this.#writer.finish() };
  }

  #rowByPosition(index: number, start: number): number {
    const { columns } = this.#set;
    const { bytes } = this.#scanner;
    let width = 0;
    const end = this.#scanner.array(start, 2, (position, itemStart) => {
      width = position + 1;
      const itemEnd = this.#scanner.value(itemStart, 3);
      const column = columns[position];
      if (column === undefined) return itemEnd;
      this.#cells[position * 2] = itemStart;
      this.#cells[position * 2 + 1] = itemEnd;
      const problem = column.problem?.(bytes, itemStart, itemEnd);
      if (problem !== undefined && this.#isNamed()) {
        this.#violation(`instances[${index}].${column.feature.name}`, problem);
      }
      return itemEnd;
    });
    if (width !== columns.length) {
      if (this.#isNamed()) {
        const names = columns.map(({ feature }) => feature.name).join(", ");
        this.#violation(
          `instances[${index}]`,
          `has ${width} values, but the model takes ${columns.length}: ${names.slice(0, 400)}`,
        );
      }
    } else if (this.#writer !== undefined) {
      this.#writer.row(this.#cells);
    } else {
      this.#unchangedUpTo = end;
    }
    return end;
  }

  #rowByName(index: number, start: number): number {
    const { columns, positions } = this.#set;
    const { bytes } = this.#scanner;
    if (index !== this.#index) this.#cells.fill(leftOut);
    this.#index = index;
    const end = this.#scanner.object(start, 2, (name, valueStart) => {
      const valueEnd = this.#scanner.value(valueStart, 3);
      const position = positions.get(name);
      let problem: string | undefined;
      if (position === undefined) {
        problem = "is not a feature of the model";
      } else if (this.#cells[position * 2] !== leftOut) {
        problem = "is repeated";
      } else {
        this.#cells[position * 2] = valueStart;
        this.#cells[position * 2 + 1] = valueEnd;
        problem = columns[position]!.problem?.(bytes, valueStart, valueEnd);
      }
      if (problem !== undefined && this.#isNamed()) {
        this.#violation(`instances[${index}].${name.slice(0, 80)}`, problem);
      }
      return valueEnd;
    });
    for (const [position, { feature, defaultText }] of columns.entries()) {
      if (this.#cells[position * 2] === leftOut && defaultText === undefined && this.#isNamed()) {
        this.#violation(`instances[${index}].${feature.name}`, "is missing");
      }
    }
    // The request will be refused, so it need not be rewritten.
    if (this.violationCount > 0) return end;
    this.#writer ??= this.#createWriter();
    this.#writer.row(this.#cells);
    return end;
  }

  #createWriter(): RowWriter {
    const { bytes } = this.#scanner;
    const output = new ByteWriter(bytes.length + 64);
    return createRowWriter(this.#set, bytes, output, { start: this.#start, end: this.#unchangedUpTo });
  }

  /**
   * Counts a violation, and returns whether to describe it: describing millions would take longer than reading the
   * rows.
   */
  #isNamed(): boolean {
    return this.violationCount++ < maxNamedViolations;
  }

  #violation(field: string, description: string): void {
    this.violations.push({ field, description });
  }
}
