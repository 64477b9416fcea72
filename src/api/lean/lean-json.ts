import { inSlices, outOfTurn, sliceBytes, sliceElements } from "../../base/in-slices.ts";
import type { CheckedRequest } from "../../predict/checked-request.ts";
import { JsonScanner } from "../../predict/json/json-scanner.ts";
import { jsonRows } from "../../predict/rows/json-rows.ts";
import type { NumberRanges } from "../../predict/rows/number-ranges.ts";
import { assertFinite } from "../../predict/transcode/finite.ts";
import { maxDimensions, tensorRequestInSlices } from "../../predict/transcode/packed-tensor.ts";
import { fastPathMiss } from "../../predict/transcode/wire.ts";
import type { ModelRef } from "../../registry/model-key.ts";

/** The input of a prediction in Connect's JSON. */
export interface JsonRequest extends ModelRef {
  readonly form: "instances" | "tensor" | "body";
  readonly body: Uint8Array | CheckedRequest;
}

const QUOTE = 0x22;
const MINUS = 0x2d;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;
const openInstances = Buffer.from('{"instances":');
const close = Buffer.from("}");

/**
 * Reads `{"name": "...", "instances": [...]}`, or the same with `tensor` or `body`, with or without `namespace` and
 * `cluster`. The text of instances is passed on unchanged. Long texts are read in slices, so that others get their
 * turn.
 *
 * @param rangesOf the ranges that a model's rows must lie within
 * @param maxValues how many values there may be besides rows of numbers; default: any number
 * @throws TooManyValues
 * @throws FastPathMiss, JsonSyntaxError for everything else, valid or not: Connect decides
 */
export function readJsonRequest(
  message: Uint8Array,
  maxDepth: number,
  rangesOf: (ref: ModelRef) => NumberRanges | undefined,
  maxValues?: number,
): JsonRequest | Promise<JsonRequest> {
  const scanner = new JsonScanner(message, maxDepth, { uniqueNames: true, maxValues, sliceBytes });
  const start = scanner.space(0);
  if (message[start] !== OPEN_BRACE) throw fastPathMiss;
  let name: string | undefined;
  let namespace: string | undefined;
  let cluster: string | undefined;
  let input: Omit<JsonRequest, keyof ModelRef> | undefined;
  const tensor: ReadTensor = { shape: undefined, values: undefined, writing: undefined };
  const read = (key: string, valueStart: number): number => {
    if (message[valueStart] === QUOTE && (key === "name" || key === "namespace" || key === "cluster")) {
      const end = scanner.value(valueStart, 1);
      const text = scanner.text(valueStart, end);
      if (key === "name") name = text;
      else if (key === "namespace") namespace = text;
      else cluster = text;
      return end;
    }
    if (input !== undefined) throw fastPathMiss;
    switch (key) {
      case "instances": {
        // With the name before the rows, the rows are checked in the same pass; otherwise, or with other ranges, they
        // are checked again.
        const ranges = name === undefined ? undefined : rangesOf({ name, namespace, cluster });
        const { end, body } = readInstances(scanner, valueStart, ranges);
        input = { form: "instances", body };
        return end;
      }
      case "tensor": {
        const { end, body } = readTensor(scanner, valueStart, tensor);
        input = { form: "tensor", body };
        return end;
      }
      case "body": {
        const { end, body } = readBody(scanner, valueStart);
        input = { form: "body", body };
        return end;
      }
      default:
        throw fastPathMiss;
    }
  };
  return inSlices(() => {
    scanner.end(scanner.object(start, 0, read));
    if (name === undefined || input === undefined) throw fastPathMiss;
    return { name, namespace, cluster, ...input };
  });
}

interface Read<Body> {
  readonly end: number;
  readonly body: Body;
}

function readInstances(scanner: JsonScanner, start: number, ranges: NumberRanges | undefined): Read<CheckedRequest> {
  const { bytes } = scanner;
  if (bytes[start] !== OPEN_BRACKET) throw fastPathMiss;
  const end = scanner.list(start, 1, ranges);
  const { itemCount: instanceCount, rowsFit: fit } = scanner;
  // Connect refuses an empty list.
  if (instanceCount === 0) throw fastPathMiss;
  if (scanner.sawNonFinite) assertFinite(scanner, start);
  const body = Buffer.concat([openInstances, bytes.subarray(start, end), close]);
  return { end, body: { body, instanceCount, rows: jsonRows(scanner, start, { ranges, fit }) } };
}

/** The parts of a tensor that have been read, in one slice or several. */
interface ReadTensor {
  shape: readonly number[] | undefined;
  values: NumberReading | undefined;
  /** Its end, and what writes it, once the whole tensor has been read. */
  writing: { readonly end: number; readonly write: () => CheckedRequest } | undefined;
}

function readTensor(scanner: JsonScanner, start: number, tensor: ReadTensor): Read<CheckedRequest> {
  if (scanner.bytes[start] !== OPEN_BRACE) throw fastPathMiss;
  tensor.writing ??= tensorWriting(scanner, start, tensor);
  const { end, write } = tensor.writing;
  return { end, body: write() };
}

function tensorWriting(scanner: JsonScanner, start: number, tensor: ReadTensor): NonNullable<ReadTensor["writing"]> {
  const end = scanner.object(start, 1, (key, valueStart) => {
    if (scanner.bytes[valueStart] !== OPEN_BRACKET) throw fastPathMiss;
    if (key === "shape") {
      const sizes = new NumberReading(scanner, valueStart);
      if (sizes.numbers.length > maxDimensions) throw fastPathMiss;
      tensor.shape = [...sizes.read(scanner)];
      return sizes.end;
    }
    if (key !== "values") throw fastPathMiss;
    tensor.values ??= new NumberReading(scanner, valueStart);
    tensor.values.read(scanner);
    return tensor.values.end;
  });
  const { shape, values } = tensor;
  // Connect refuses a shape that does not fit the values, and numbers beyond the range of a double.
  if (shape === undefined || values === undefined || scanner.sawNonFinite) throw fastPathMiss;
  const isShape = shape.length > 0 && shape.every((size) => size > 0 && size % 1 === 0);
  const product = shape.reduce((a, b) => a * b, 1);
  const { buffer, byteOffset, byteLength, length } = values.numbers;
  if (!isShape || product !== length) throw fastPathMiss;
  return { end, write: tensorRequestInSlices(new Uint8Array(buffer, byteOffset, byteLength), shape) };
}

/** Reads a list of numbers without quotes. */
class NumberReading {
  readonly numbers: Float64Array;
  /** Where the list ends. */
  readonly end: number;
  #at: number;
  #count = 0;

  constructor(scanner: JsonScanner, start: number) {
    // Finds its end, and checks its syntax, in one pass.
    this.end = scanner.list(start, 2);
    this.numbers = new Float64Array(scanner.itemCount);
    this.#at = start + 1;
  }

  /** @throws outOfTurn at the end of a slice: the next call goes on there */
  read(scanner: JsonScanner): Float64Array {
    const { numbers } = this;
    const { bytes } = scanner;
    const stop = Math.min(this.#count + sliceElements, numbers.length);
    let at = this.#at;
    for (let i = this.#count; i < stop; i++) {
      at = scanner.space(at);
      const byte = bytes[at]!;
      if (byte !== MINUS && (byte < 0x30 || byte > 0x39)) throw fastPathMiss;
      numbers[i] = scanner.number(at);
      // Behind the comma.
      at = scanner.space(scanner.numberEnd) + 1;
    }
    this.#at = at;
    this.#count = stop;
    if (stop < numbers.length) throw outOfTurn;
    return numbers;
  }
}

function readBody(scanner: JsonScanner, start: number): Read<Uint8Array> {
  if (scanner.bytes[start] !== QUOTE) throw fastPathMiss;
  const end = scanner.value(start, 1);
  const text = Buffer.from(scanner.bytes.buffer, scanner.bytes.byteOffset + start + 1, end - start - 2).toString(
    "latin1",
  );
  const body = Buffer.from(text, "base64");
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  // Node skips invalid base64; Connect refuses it.
  if (text.length % 4 !== 0 || body.length !== (text.length / 4) * 3 - padding) throw fastPathMiss;
  return { end, body };
}
