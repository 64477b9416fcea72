import { nextSlice, once, type Slices } from "../../base/in-slices.ts";
import { ByteWriter } from "../../predict/json/byte-writer.ts";
import type { JsonScanner, Span } from "../../predict/json/json-scanner.ts";
import { firstRowWidth } from "../../predict/rows/first-row-width.ts";
import { rowRanges } from "../../predict/rows/row-ranges.ts";
import type { RowsInBody } from "../../registry/ports.ts";
import { datatypes } from "../datatype.ts";
import { appendFloatElements } from "../elements/packed-numbers.ts";
import { noParameters, type Parameters, type Tensor, type TensorData } from "../tensor.ts";
import { TensorProblem } from "../tensor-problem.ts";
import { type Instances, rowsInSlices } from "./instances.ts";
import { planByRows } from "./plan-by-rows.ts";
import { CellCollector, type HeldAs } from "./row-cells.ts";
import { type PlannedTensor, type TensorPlan, unnamedTensor } from "./tensor-plan.ts";

const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;
const maxFloat = 3.4028234663852886e38;

/** To take a cell takes so many times as long as to pass over it. */
const takingTakes = 8;

/** Rows as tensors. */
export interface RowTensors {
  readonly tensors: readonly Tensor[];
  /** What the request says as a whole, for its tensors. */
  readonly parameters: Parameters;
  /** How many rows there are. */
  readonly count: number;
}

type MatrixPlan = Extract<TensorPlan, { kind: "matrix" }>;

/** What rows nearly always become that nobody describes: each is a list of numbers. */
const unnamedNumbers = unnamedTensor(datatypes.FP64);

/**
 * The rows of a request as they are written, where it is known without another look at them that they are numbers which go on as
 * JSON; undefined of all others.
 *
 * @throws TensorProblem where the rows do not fit the shape that the model declares
 */
export function knownRows(
  body: Uint8Array,
  { start, end, count, numbers }: RowsInBody,
  plan: TensorPlan,
  heldAs: HeldAs,
): RowTensors | undefined {
  if (plan.kind === "columns" || heldAs.as === "raw" || numbers === undefined) return undefined;
  const tensor = plan.kind === "matrix" ? plan.tensor : unnamedNumbers;
  const largest = plan.kind === "matrix" ? largestAsWritten(tensor) : Number.MAX_SAFE_INTEGER;
  if (largest === undefined || numbers.largest > largest) return undefined;
  return oneTensor(tensor, count, numbers.width, { json: body.subarray(start, end) });
}

/**
 * What makes tensors of the rows of a KServe v1 request, to be called until it does not throw `outOfTurn`. Rows of numbers that go
 * on as JSON are not copied.
 *
 * @throws TensorProblem with the path of the cell that does not fit: `instances[3].iops`
 */
export function rowsToTensors(instances: Instances, plan: TensorPlan, heldAs: HeldAs): () => RowTensors {
  if (plan.kind === "columns") return columnsFrom(instances, plan, heldAs);
  if (plan.kind === "matrix") return matrixFrom(instances, plan, heldAs);
  const passed = once(passedMatrix(instances, unnamedNumbers, Number.MAX_SAFE_INTEGER, heldAs));
  const planned = once(() => planByRows(instances, plan.features));
  const made = once(() => rowsToTensors(instances, planned()(), heldAs));
  return () => passed() ?? made()();
}

/** Rows of numbers, as they are written where JSON is wanted; undefined where any needs a look of its own. */
function passedMatrix(
  instances: Instances,
  tensor: PlannedTensor,
  largest: number | undefined,
  heldAs: HeldAs,
): () => RowTensors | undefined {
  if (largest === undefined) return () => undefined;
  const float = tensor.datatype.name as "FP32" | "FP64";
  const find = once(numberRows(instances, largest));
  let writing: Slices<Uint8Array> | undefined;
  return () => {
    const found = find();
    if (found === undefined) return undefined;
    const { scanner, rows } = instances;
    const { count, width } = found;
    let data: TensorData;
    if (heldAs.as === "json") {
      data = { json: scanner.bytes.subarray(rows.start, rows.end) };
    } else {
      writing ??= rawRows(scanner, rows, float, count * width);
      data = { raw: nextSlice(writing) };
    }
    return oneTensor(tensor, count, width, data);
  };
}

/** How far from 0 the numbers of a tensor may be that go on as they are written; undefined where each is to be looked at. */
function largestAsWritten({ datatype }: PlannedTensor): number | undefined {
  switch (datatype.name) {
    case "FP64":
      return Number.MAX_VALUE;
    case "FP32":
      return maxFloat;
    default:
      // Integers may be written as `5.0`.
      return undefined;
  }
}

/** Rows of so many numbers each. @throws TensorProblem */
function oneTensor(tensor: PlannedTensor, count: number, width: number, data: TensorData): RowTensors {
  const { name, datatype, parameters } = tensor;
  const shape = fittedShape(tensor, count, [width]);
  return { tensors: [{ name, datatype, shape, parameters, data }], parameters: noParameters, count };
}

/** How many rows there are, where each is a list of as many numbers within a limit, and how many of these. */
function numberRows(
  instances: Instances,
  largest: number,
): () => { readonly count: number; readonly width: number } | undefined {
  const { scanner, rows, known } = instances;
  const numbers = known?.numbers;
  if (known !== undefined && numbers !== undefined && numbers.largest <= largest) {
    return () => ({ count: known.count, width: numbers.width });
  }
  const width = firstRowWidth(scanner.bytes, scanner.space(rows.start + 1));
  const ranges = rowRanges(width, largest);
  if (ranges === undefined) return () => undefined;
  return rowsInSlices(instances, 1, (_, start) => {
    scanner.list(start, 0, ranges);
    return scanner.rowsFit ? { count: scanner.itemCount, width } : undefined;
  });
}

function* rawRows(scanner: JsonScanner, list: Span, datatype: "FP32" | "FP64", count: number): Slices<Uint8Array> {
  const raw = new ByteWriter(count * datatypes[datatype].bytes);
  yield* appendFloatElements({ datatype, scanner, list, count, raw, field: "instances" });
  return raw.finish();
}

function matrixFrom(instances: Instances, plan: MatrixPlan, heldAs: HeldAs): () => RowTensors {
  const passed = once(passedMatrix(instances, plan.tensor, largestAsWritten(plan.tensor), heldAs));
  const read = once(() => matrixOfCells(instances, plan, heldAs));
  return () => passed() ?? read()();
}

function matrixOfCells(instances: Instances, { tensor, features }: MatrixPlan, heldAs: HeldAs): () => RowTensors {
  const { scanner, rows } = instances;
  const { name, datatype, parameters } = tensor;
  const cells = new CellCollector(scanner, datatype, heldAs, rows.end - rows.start);
  let row = 0;
  const path = ([column, ...others]: readonly number[]): string => {
    if (column === undefined) return `instances[${row}]`;
    const feature = features[column];
    const rest = others.map((index) => `[${index}]`).join("");
    return `instances[${row}]${feature === undefined ? `[${column}]` : `.${feature}`}${rest}`;
  };
  const takeRow = (index: number, at: number): number => {
    row = index;
    if (scanner.bytes[at] === OPEN_BRACE) {
      throw new TensorProblem(
        `instances[${index}]`,
        `expected a list: the model takes one tensor, ${name}, and its entry declares no inputFeatures to bring names in order`,
      );
    }
    return cells.add(at, path);
  };
  const take = rowsInSlices(instances, takingTakes, (_, start) => scanner.array(start, 0, takeRow));
  return () => {
    take();
    const shape = fittedShape(tensor, row + 1, cells.cellShape);
    return {
      tensors: [{ name, datatype, shape, parameters, data: cells.finish() }],
      parameters: noParameters,
      count: row + 1,
    };
  };
}

function columnsFrom(
  instances: Instances,
  { tensors, parameters }: Extract<TensorPlan, { kind: "columns" }>,
  heldAs: HeldAs,
): () => RowTensors {
  const { scanner, rows } = instances;
  const expectedBytes = (rows.end - rows.start) / tensors.length;
  const columns = tensors.map(({ datatype }) => new CellCollector(scanner, datatype, heldAs, expectedBytes));
  const positions = new Map(tensors.map(({ name }, position) => [name, position]));
  const seen = new Int32Array(tensors.length).fill(-1);
  let count = 0;
  const takeCell = (row: number, position: number, at: number): number => {
    const { name } = tensors[position]!;
    if (seen[position] === row) throw new TensorProblem(`instances[${row}].${name}`, "is repeated");
    const end = columns[position]!.add(
      at,
      (indexes) => `instances[${row}].${name}${indexes.map((index) => `[${index}]`).join("")}`,
    );
    // Not before: what gives way is handed out again.
    seen[position] = row;
    return end;
  };
  const readRow = (row: number, at: number): number => {
    count = row + 1;
    const end = takeRow(scanner, at, row, tensors, positions, takeCell);
    const missing = seen.findIndex((last) => last !== row);
    if (missing >= 0) throw new TensorProblem(`instances[${row}].${tensors[missing]!.name}`, "is missing");
    return end;
  };
  const read = rowsInSlices(instances, takingTakes, (_, start) => scanner.array(start, 0, readRow));
  return () => {
    read();
    const made = tensors.map((planned, position): Tensor => {
      const { name, datatype } = planned;
      const cells = columns[position]!;
      const shape = fittedShape(planned, count, cells.cellShape);
      return { name, datatype, shape, parameters: planned.parameters, data: cells.finish() };
    });
    return { tensors: made, parameters, count };
  };
}

function takeRow(
  scanner: JsonScanner,
  at: number,
  row: number,
  tensors: readonly PlannedTensor[],
  positions: ReadonlyMap<string, number>,
  takeCell: (row: number, position: number, at: number) => number,
): number {
  const names = (): string =>
    tensors
      .map(({ name }) => name)
      .join(", ")
      .slice(0, 400);
  switch (scanner.bytes[at]) {
    case OPEN_BRACE:
      return scanner.object(at, 0, (name, cellAt) => {
        const position = positions.get(name);
        if (position !== undefined) return takeCell(row, position, cellAt);
        throw new TensorProblem(
          `instances[${row}].${name.slice(0, 80)}`,
          `is not an input of the model; it takes ${names()}`,
        );
      });
    case OPEN_BRACKET: {
      let width = 0;
      const end = scanner.array(at, 0, (position, cellAt) => {
        width = position + 1;
        return position < tensors.length ? takeCell(row, position, cellAt) : scanner.value(cellAt, 0);
      });
      if (width !== tensors.length) {
        throw new TensorProblem(
          `instances[${row}]`,
          `has ${width} values, but the model takes ${tensors.length}: ${names()}`,
        );
      }
      return end;
    }
    default:
      throw new TensorProblem(
        `instances[${row}]`,
        `expected an object by name, or a list of ${tensors.length}: ${names()}`,
      );
  }
}

/**
 * The shape that a tensor is sent with: as many dimensions as the model declares, where a dimension of one is all that is
 * missing or too many.
 *
 * @param cellShape the dimensions of one row, or of one cell of a column
 * @throws TensorProblem where the rows do not fit the declared shape
 */
function fittedShape({ name, shape: declared }: PlannedTensor, count: number, cellShape: readonly number[]): number[] {
  const shape = [count, ...cellShape];
  if (declared === undefined) return shape;
  const given = declared.length;
  if (given === shape.length + 1 && (declared[given - 1] === 1 || declared[given - 1] === -1)) shape.push(1);
  else if (given === shape.length - 1 && shape[given] === 1) shape.pop();
  // A model that knows no batches takes one row, as it is.
  else if (given === shape.length - 1 && count === 1) shape.shift();
  const fits =
    shape.length === given &&
    shape.every((size, i) => declared[i]! < 0 || declared[i] === size || (i === 0 && given > 1));
  if (fits) return shape;
  throw new TensorProblem(
    "instances",
    `the rows make a tensor of the shape [${shape.join(", ")}], but the input ${name} of the model takes [${declared.join(", ")}]`,
  );
}
