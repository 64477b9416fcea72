import { type Slices, sliceElements } from "../../base/in-slices.ts";
import { ByteWriter } from "../../predict/json/byte-writer.ts";
import type { Span } from "../../predict/json/json-scanner.ts";
import type { TensorMetadata } from "../../registry/inference.ts";
import type { NumbersInAnswer } from "../../registry/ports.ts";
import { parameterText } from "../parameters.ts";
import { type InferAnswer, type Parameters, sliceTensors, type Tensor } from "../tensor.ts";
import { TensorProblem } from "../tensor-problem.ts";
import { tooLarge, writeNested } from "./nested-json.ts";

const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
/** What stands before the list of predictions. */
export const openPredictions: Buffer = Buffer.from('{"predictions":');

/** Predictions as KServe v1 answers them. */
export interface PredictionsBody {
  readonly bytes: Buffer;
  /** The items of the list, without its brackets. */
  readonly items: Span;
  /** Where they are known to be finite numbers. */
  readonly numbers?: NumbersInAnswer | undefined;
}

/** Parameters that speak of the message itself, and say nothing to who asked for a prediction. */
const ofTheMessage: ReadonlySet<string> = new Set(["content_type", "headers", "binary_data_size", "binary_data"]);

/**
 * Writes an answer as KServe v1 does, `{"predictions": [...]}`: of one output the items of its first dimension, of several an
 * object by output for each row. What else the model says stands beside it: `model_version`, `parameters`, and
 * `output_parameters` by output.
 *
 * @param count how many rows were sent
 * @param declared the outputs that the server describes; empty where it does not
 * @param maxBytes how large the body may be
 * @throws TensorProblem where the answer contradicts itself, or has no prediction for each row
 */
export function* predictionsBody(
  answer: InferAnswer,
  count: number,
  declared: readonly TensorMetadata[],
  maxBytes: number,
): Slices<PredictionsBody> {
  const { outputs, modelVersion, parameters } = answer;
  if (outputs.length === 0) throw new TensorProblem("outputs", "is empty; expected at least one");
  const [only] = outputs;
  const isOne = outputs.length === 1;
  if (!isOne) assertNamesDiffer(outputs);
  const json = new ByteWriter(
    outputs.reduce((sum, { data }) => sum + ("raw" in data ? data.raw : data.json).length * 2, 128),
  );
  json.bytes(openPredictions);
  if (!isOne) yield* writeObjects(outputs, count, declared, json, maxBytes);
  const numberCount = isOne ? yield* writeItems(only!, "outputs[0]", count, declared, json, maxBytes) : undefined;
  const start = openPredictions.byteLength;
  const end = json.length;
  const others = new Map<string, Span>();
  if (modelVersion !== "") {
    const key = ',"model_version":';
    const versionStart = json.length + key.length;
    json.text(key + JSON.stringify(modelVersion));
    others.set("model_version", { start: versionStart, end: json.length });
  }
  const textsEnd = json.length;
  writeParameters(',"parameters":', parameters, json);
  writeOutputParameters(outputs, json);
  const hasTextsAlone = json.length === textsEnd;
  json.byte(CLOSE_BRACE);
  return {
    bytes: json.finish(),
    items: { start: start + 1, end: end - 1 },
    numbers: numberCount === undefined || !hasTextsAlone ? undefined : { start, end, count: numberCount, others },
  };
}

function assertNamesDiffer(outputs: readonly Tensor[]): void {
  const firsts = new Map([...outputs.entries()].reverse().map(([i, { name }]) => [name, i]));
  const repeated = outputs.findIndex(({ name }, i) => firsts.get(name) !== i);
  if (repeated > 0) throw new TensorProblem(`outputs[${repeated}].name`, "is that of another output, too");
}

/** Writes an output as a list with an item for each row. Returns how many, where they are known to be finite numbers. */
function* writeItems(
  tensor: Tensor,
  field: string,
  count: number,
  declared: readonly TensorMetadata[],
  json: ByteWriter,
  maxBytes: number,
  onItem?: (start: number) => void,
): Slices<number | undefined> {
  const shape = itemShape(tensor, count, declared);
  return (yield* writeNested(tensor, shape, field, json, maxBytes, onItem)) ? shape[0] : undefined;
}

/**
 * The shape of the list of predictions. Servers add a dimension of one to single values, and a model without batches answers
 * the one row that it took as it is.
 */
function itemShape({ name, shape }: Tensor, count: number, declared: readonly TensorMetadata[]): readonly number[] {
  if (shape.length === 0) return [1];
  const unbatched =
    count === 1 && shape[0] !== 1 && declared.some((one) => one.name === name && equal(one.shape, shape));
  if (unbatched) return [1, ...shape];
  return shape.length === 2 && shape[1] === 1 ? [shape[0]!] : shape;
}

function equal(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

/** What one output says of every row. */
interface Column {
  /** What stands before it in an object. */
  readonly key: string;
  readonly text: Uint8Array;
  /** Where its items start in the text, and where the last one ends. */
  readonly starts: readonly number[];
}

/** Writes an object for each row, with what each output says of it. */
function* writeObjects(
  outputs: readonly Tensor[],
  count: number,
  declared: readonly TensorMetadata[],
  json: ByteWriter,
  maxBytes: number,
): Slices<void> {
  const columns: Column[] = [];
  for (const [index, output] of outputs.entries()) {
    if (index % sliceTensors === sliceTensors - 1) yield;
    const text = new ByteWriter(256);
    const starts: number[] = [];
    yield* writeItems(output, `outputs[${index}]`, count, declared, text, maxBytes, (start) => starts.push(start));
    if (starts.length !== count) {
      throw new TensorProblem(
        `outputs[${index}].shape`,
        `is [${output.shape.join(", ")}] for ${count} rows; of several outputs each has an item for every row`,
      );
    }
    // Behind the last item stands the bracket of the list, as a comma stands behind each other.
    starts.push(text.length);
    columns.push({ key: `${JSON.stringify(output.name)}:`, text: text.finish(), starts });
  }
  json.byte(OPEN_BRACKET);
  let left = sliceElements;
  for (let row = 0; row < count; row++) {
    left -= columns.length;
    if (left <= 0) {
      left = sliceElements;
      yield;
    }
    if (row > 0) json.byte(COMMA);
    json.byte(OPEN_BRACE);
    for (const [index, { key, text, starts }] of columns.entries()) {
      if (index > 0) json.byte(COMMA);
      json.text(key);
      json.bytes(text, starts[row]!, starts[row + 1]! - 1);
    }
    json.byte(CLOSE_BRACE);
    if (json.length > maxBytes) throw tooLarge(maxBytes);
  }
  json.byte(CLOSE_BRACKET);
}

function writeOutputParameters(outputs: readonly Tensor[], json: ByteWriter): void {
  let open = false;
  for (const { name, parameters } of outputs) {
    const before = open ? "," : ',"output_parameters":{';
    if (writeParameters(`${before}${JSON.stringify(name)}:`, parameters, json)) open = true;
  }
  if (open) json.byte(CLOSE_BRACE);
}

/** Writes what parameters say to callers, as a member; returns whether there is anything. */
function writeParameters(before: string, parameters: Parameters, json: ByteWriter): boolean {
  if (parameters.size === 0) return false;
  const said = [...parameters].filter(([name]) => !ofTheMessage.has(name));
  if (said.length === 0) return false;
  const members = said.map(([name, value]) => `${JSON.stringify(name)}:${parameterText(value)}`);
  json.text(`${before}{${members.join(",")}}`);
  return true;
}
