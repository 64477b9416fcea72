import type { InputFeature } from "../registry/model.ts";
import type { FieldViolation } from "../registry/registry-error.ts";
import type { JsonScanner } from "./json-scanner.ts";

/** How many violations are named; the rest is only counted. */
export const maxNamedViolations = 20;

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/**
 * Checks the rows of a request against the features that a model declares, while the scanner passes over them: the
 * width of rows by position, the names of rows by name. Rows by name are written again by position.
 */
export class InstanceChecker {
  readonly violations: FieldViolation[] = [];
  violationCount = 0;
  readonly #scanner: JsonScanner;
  readonly #features: readonly InputFeature[];
  readonly #positions: ReadonlyMap<string, number>;
  /** The bytes of the request so far, where a row by name made them differ from the original. */
  readonly #pieces: Uint8Array[] = [];
  #copiedUpTo = 0;

  constructor(scanner: JsonScanner, features: readonly InputFeature[]) {
    this.#scanner = scanner;
    this.#features = features;
    this.#positions = new Map(features.map(({ name }, i) => [name, i]));
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
        this.#violation(
          `instances[${index}]`,
          `expected a list of ${this.#features.length}, or an object by feature name`,
        );
        return end;
      }
    }
  }

  /** The request with its rows by position; undefined where they all were. */
  rewritten(): Uint8Array | undefined {
    if (this.#pieces.length === 0) return undefined;
    return Buffer.concat([...this.#pieces, this.#scanner.bytes.subarray(this.#copiedUpTo)]);
  }

  #rowByPosition(index: number, start: number): number {
    let width = 0;
    const end = this.#scanner.array(start, 2, (column, itemStart) => {
      width = column + 1;
      return this.#scanner.value(itemStart, 3);
    });
    if (width !== this.#features.length) {
      const names = this.#features.map(({ name }) => name).join(", ");
      this.#violation(
        `instances[${index}]`,
        `has ${width} values, but the model takes ${this.#features.length}: ${names.slice(0, 400)}`,
      );
    }
    return end;
  }

  #rowByName(index: number, start: number): number {
    const cells: (Uint8Array | undefined)[] = new Array(this.#features.length).fill(undefined);
    const end = this.#scanner.object(start, 2, (name, valueStart) => {
      const valueEnd = this.#scanner.value(valueStart, 3);
      const position = this.#positions.get(name);
      const field = `instances[${index}].${name.slice(0, 80)}`;
      if (position === undefined) this.#violation(field, "is no feature of the model");
      else if (cells[position] !== undefined) this.#violation(field, "is given twice");
      else cells[position] = this.#scanner.bytes.subarray(valueStart, valueEnd);
      return valueEnd;
    });
    cells.forEach((cell, position) => {
      if (cell === undefined) this.#violation(`instances[${index}].${this.#features[position]!.name}`, "is missing");
    });
    this.#pieces.push(this.#scanner.bytes.subarray(this.#copiedUpTo, start), openBracket);
    cells.forEach((cell, position) => {
      if (position > 0) this.#pieces.push(comma);
      if (cell !== undefined) this.#pieces.push(cell);
    });
    this.#pieces.push(closeBracket);
    this.#copiedUpTo = end;
    return end;
  }

  #violation(field: string, description: string): void {
    this.violationCount++;
    if (this.violations.length < maxNamedViolations) this.violations.push({ field, description });
  }
}

const openBracket = Buffer.from("[");
const comma = Buffer.from(",");
const closeBracket = Buffer.from("]");
