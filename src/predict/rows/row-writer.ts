import type { InputFormat } from "../../registry/model.ts";
import type { ByteWriter } from "../json/byte-writer.ts";
import type { Span } from "../json/json-scanner.ts";
import type { FeatureSet } from "./feature-set.ts";

/** Writes checked rows in the form that a model expects. */
export interface RowWriter {
  /** Writes one row, given the start and end of each cell alternately; below 0 for a cell that was left out. */
  row(cells: Int32Array): void;
  /** The value that holds all rows. */
  finish(): Uint8Array;
}

const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * A writer for the form that a model wants.
 *
 * @param source the bytes that the cells lie in
 * @param begun the array as far as its rows can stay as they are: from its bracket to the end of its last such row
 */
export function createRowWriter(set: FeatureSet, source: Uint8Array, output: ByteWriter, begun: Span): RowWriter {
  const { format } = set;
  if (format === "columnar") return new ColumnWriter(set, source, output);
  return new ListWriter(set, source, output, begun, rowForms[format]);
}

interface RowForm {
  readonly open: number;
  readonly close: number;
  /** Whether each value has its name before it. */
  readonly named: boolean;
  /** Whether each value is in a list of its own. */
  readonly wrapped: boolean;
}

const rowForms: Readonly<Record<Exclude<InputFormat, "columnar">, RowForm>> = {
  array: { open: OPEN_BRACKET, close: CLOSE_BRACKET, named: false, wrapped: false },
  record: { open: OPEN_BRACE, close: CLOSE_BRACE, named: true, wrapped: false },
  "record-of-lists": { open: OPEN_BRACE, close: CLOSE_BRACE, named: true, wrapped: true },
};

/** A list with one item per row. */
class ListWriter implements RowWriter {
  readonly #set: FeatureSet;
  readonly #source: Uint8Array;
  readonly #output: ByteWriter;
  readonly #form: RowForm;
  #empty: boolean;

  constructor(set: FeatureSet, source: Uint8Array, output: ByteWriter, begun: Span, form: RowForm) {
    this.#set = set;
    this.#source = source;
    this.#output = output;
    this.#form = form;
    this.#empty = begun.start === begun.end;
    if (this.#empty) output.byte(OPEN_BRACKET);
    else output.bytes(source, begun.start, begun.end);
  }

  row(cells: Int32Array): void {
    const output = this.#output;
    const { open, close, named, wrapped } = this.#form;
    if (!this.#empty) output.byte(COMMA);
    this.#empty = false;
    output.byte(open);
    for (const [i, column] of this.#set.columns.entries()) {
      if (i > 0) output.byte(COMMA);
      if (named) output.bytes(column.key);
      if (wrapped) output.byte(OPEN_BRACKET);
      writeCell(output, this.#source, cells[i * 2]!, cells[i * 2 + 1]!, column.defaultText);
      if (wrapped) output.byte(CLOSE_BRACKET);
    }
    output.byte(close);
  }

  finish(): Uint8Array {
    this.#output.byte(CLOSE_BRACKET);
    return this.#output.finish();
  }
}

/** An object with one list per column. Its rows must all be there before the first column can be written. */
class ColumnWriter implements RowWriter {
  readonly #set: FeatureSet;
  readonly #source: Uint8Array;
  readonly #output: ByteWriter;
  readonly #rows: Int32Array[] = [];

  constructor(set: FeatureSet, source: Uint8Array, output: ByteWriter) {
    this.#set = set;
    this.#source = source;
    this.#output = output;
  }

  row(cells: Int32Array): void {
    this.#rows.push(cells.slice());
  }

  finish(): Uint8Array {
    const output = this.#output;
    output.byte(OPEN_BRACE);
    for (const [i, column] of this.#set.columns.entries()) {
      if (i > 0) output.byte(COMMA);
      output.bytes(column.key);
      output.byte(OPEN_BRACKET);
      for (const [row, cells] of this.#rows.entries()) {
        if (row > 0) output.byte(COMMA);
        writeCell(output, this.#source, cells[i * 2]!, cells[i * 2 + 1]!, column.defaultText);
      }
      output.byte(CLOSE_BRACKET);
    }
    output.byte(CLOSE_BRACE);
    return output.finish();
  }
}

function writeCell(
  output: ByteWriter,
  source: Uint8Array,
  start: number,
  end: number,
  defaultText: Uint8Array | undefined,
): void {
  if (start >= 0) output.bytes(source, start, end);
  else output.bytes(defaultText!);
}
