import type { JsonScanner } from "../../predict/json/json-scanner.ts";
import { datatypes } from "../datatype.ts";
import { startsNumber } from "../elements/element-reader.ts";
import { messageLimits } from "../rest/read-message.ts";
import { TensorProblem } from "../tensor-problem.ts";
import { type Instances, rowsInSlices } from "./instances.ts";
import { frameOf, type TensorPlan, unnamedTensor } from "./tensor-plan.ts";

const QUOTE = 0x22;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;

/** What cells of a column hold, as bits. */
const kinds = { number: 1, fraction: 2, large: 4, text: 8, boolean: 16, missing: 32 } as const;
const numeric = kinds.number | kinds.fraction | kinds.large | kinds.missing;

/** To look at a cell takes so many times as long as to pass over it. */
const lookingTakes = 4;

/**
 * What plans rows that nobody describes by what they hold, to be called until it does not throw `outOfTurn`: numbers and texts
 * as one tensor each, mixed rows as the columns of a frame, which need names.
 *
 * @param features names of the columns, where the entry has them
 * @throws TensorProblem
 */
export function planByRows(instances: Instances, features: readonly string[]): () => TensorPlan {
  const { scanner } = instances;
  const held = new HeldByColumns(scanner);
  let byName = false;
  const readRow = (index: number, at: number): number => {
    switch (scanner.bytes[at]) {
      case OPEN_BRACE:
        byName = true;
        return scanner.object(at, 0, (name, cellAt) => held.note(name, cellAt));
      case OPEN_BRACKET:
        if (byName) throw new TensorProblem(`instances[${index}]`, "expected an object, as the rows before");
        return scanner.array(at, 0, (column, cellAt) => held.note(column, cellAt));
      default:
        return held.note(0, at);
    }
  };
  const look = rowsInSlices(instances, lookingTakes, (_, start) => scanner.array(start, 0, readRow));
  return () => {
    look();
    return planFor(held, byName, features);
  };
}

function planFor({ all, columns }: HeldByColumns, byName: boolean, features: readonly string[]): TensorPlan {
  if (!byName) {
    if ((all & ~numeric) === 0) {
      const exact = (all & kinds.large) !== 0 && (all & (kinds.fraction | kinds.missing)) === 0;
      return { kind: "matrix", tensor: unnamedTensor(exact ? datatypes.INT64 : datatypes.FP64), features };
    }
    if (all === kinds.text) return { kind: "matrix", tensor: unnamedTensor(datatypes.BYTES), features };
    if (all === kinds.boolean) return { kind: "matrix", tensor: unnamedTensor(datatypes.BOOL), features };
    if (features.length === 0) {
      throw new TensorProblem(
        "instances[0]",
        "its values are of several types, which tensors cannot represent without names; send rows as objects by name, or declare inputFeatures in the model's entry",
      );
    }
  }
  if (columns.size > messageLimits.tensors) {
    throw new TensorProblem("instances", `their values are in more than ${messageLimits.tensors} columns`);
  }
  return frameOf(
    [...columns].map(([column, bits]) => ({
      name: typeof column === "string" ? column : (features[column] ?? String(column)),
      datatype: datatypeFor(bits),
    })),
  );
}

function datatypeFor(held: number): (typeof datatypes)[keyof typeof datatypes] {
  if ((held & ~numeric) === 0) {
    return (held & kinds.large) !== 0 && (held & (kinds.fraction | kinds.missing)) === 0
      ? datatypes.INT64
      : datatypes.FP64;
  }
  return (held & kinds.text) !== 0 ? datatypes.BYTES : datatypes.BOOL;
}

/** What the cells of columns hold, as bits. */
class HeldByColumns {
  /** By name or position; of more than a message may have tensors, one more. */
  readonly columns = new Map<string | number, number>();
  /** What is in any of them. */
  all = 0;
  readonly #scanner: JsonScanner;

  constructor(scanner: JsonScanner) {
    this.#scanner = scanner;
  }

  /** Notes what a cell holds, and returns where it ends; of nested lists what all of their values are. */
  note(column: string | number, at: number): number {
    const scanner = this.#scanner;
    const byte = scanner.bytes[at]!;
    if (byte === OPEN_BRACKET) {
      this.#add(column, 0);
      return scanner.array(at, 0, (_, itemAt) => this.note(column, itemAt));
    }
    if (startsNumber(scanner, at)) {
      const value = scanner.number(at);
      this.#add(column, kindOf(value));
      return scanner.numberEnd;
    }
    const end = scanner.value(at, 0);
    if (byte === QUOTE) this.#add(column, kinds.text);
    else this.#add(column, byte === 0x74 || byte === 0x66 ? kinds.boolean : kinds.missing);
    return end;
  }

  #add(column: string | number, bits: number): void {
    this.all |= bits;
    const { columns } = this;
    const before = columns.get(column);
    if (before !== undefined) columns.set(column, before | bits);
    else if (columns.size <= messageLimits.tensors) columns.set(column, bits);
  }
}

function kindOf(value: number): number {
  if (!Number.isInteger(value)) return kinds.fraction;
  return Number.isSafeInteger(value) ? kinds.number : kinds.large;
}
