import type { JsonScanner, Span } from "../../predict/json/json-scanner.ts";
import { datatypes } from "../datatype.ts";
import { startsNumber } from "../elements/element-reader.ts";
import { TensorProblem } from "../tensor-problem.ts";
import { frameOf, type TensorPlan, unnamedTensor } from "./tensor-plan.ts";

const QUOTE = 0x22;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;

/** What cells of a column hold, as bits. */
const kinds = { number: 1, fraction: 2, large: 4, text: 8, boolean: 16, missing: 32 } as const;
const numeric = kinds.number | kinds.fraction | kinds.large | kinds.missing;

/**
 * Plans rows that nobody describes by what they hold: numbers and texts as one tensor each, mixed rows as the columns of a
 * frame, which need names.
 *
 * @param features names of the columns, where the entry has them
 * @throws TensorProblem
 */
export function planByRows(scanner: JsonScanner, rows: Span, features: readonly string[]): TensorPlan {
  const columns = new Map<string | number, number>();
  let byName = false;
  scanner.array(rows.start, 0, (index, at) => {
    switch (scanner.bytes[at]) {
      case OPEN_BRACE:
        byName = true;
        return scanner.object(at, 0, (name, cellAt) => note(scanner, columns, name, cellAt));
      case OPEN_BRACKET:
        if (byName) throw new TensorProblem(`instances[${index}]`, "expected an object, as the rows before");
        return scanner.array(at, 0, (column, cellAt) => note(scanner, columns, column, cellAt));
      default:
        return note(scanner, columns, 0, at);
    }
  });
  const all = [...columns.values()].reduce((a, b) => a | b, 0);
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
        "its values are of several types, which tensors cannot hold without names; send rows as objects by name, or declare inputFeatures in the entry of the model",
      );
    }
  }
  return frameOf(
    [...columns].map(([column, held]) => ({
      name: typeof column === "string" ? column : (features[column] ?? String(column)),
      datatype: datatypeFor(held),
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

function note(
  scanner: JsonScanner,
  columns: Map<string | number, number>,
  column: string | number,
  at: number,
): number {
  const [held, end] = kindAt(scanner, at);
  columns.set(column, (columns.get(column) ?? 0) | held);
  return end;
}

/** What a cell holds, and where it ends; of nested lists what all of their values are. */
function kindAt(scanner: JsonScanner, at: number): [number, number] {
  const byte = scanner.bytes[at]!;
  if (byte === OPEN_BRACKET) {
    let held = 0;
    const end = scanner.array(at, 0, (_, itemAt) => {
      const [item, itemEnd] = kindAt(scanner, itemAt);
      held |= item;
      return itemEnd;
    });
    return [held, end];
  }
  if (startsNumber(scanner, at)) {
    const value = scanner.number(at);
    const large = Number.isInteger(value) && !Number.isSafeInteger(value);
    return [Number.isInteger(value) ? (large ? kinds.large : kinds.number) : kinds.fraction, scanner.numberEnd];
  }
  const end = scanner.value(at, 0);
  if (byte === QUOTE) return [kinds.text, end];
  return [byte === 0x74 || byte === 0x66 ? kinds.boolean : kinds.missing, end];
}
