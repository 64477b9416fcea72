import { type Slices, sliceBytes, slicesOf } from "../../base/in-slices.ts";
import { JsonScanner, JsonSyntaxError } from "../../predict/json/json-scanner.ts";
import type { RestInference } from "../../registry/inference.ts";
import { datatypeNames, datatypeOf } from "../datatype.ts";
import { parameterAt } from "../parameters.ts";
import {
  noParameters,
  type Parameter,
  type Parameters,
  type RequestedOutput,
  type Tensor,
  type TensorData,
} from "../tensor.ts";
import { TensorProblem } from "../tensor-problem.ts";

const QUOTE = 0x22;
const ZERO = 0x30;
const NULL = 0x6e;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;

/** More tensors, dimensions or parameters are refused: each becomes an object. */
export const messageLimits = { tensors: 4096, dimensions: 32, parameters: 1024 } as const;

/** What bounds the JSON of a message. */
export interface JsonLimits {
  /** How deep arrays and objects may be nested. */
  readonly maxDepth: number;
  /** How many values there may be besides rows of numbers, as in JsonScannerOptions. Default: as many as there are. */
  readonly maxValues?: number;
}

/** A request or an answer over REST, read. */
export interface RestMessage {
  readonly id: string;
  readonly modelName: string;
  readonly modelVersion: string;
  readonly parameters: Parameters;
  readonly tensors: readonly Tensor[];
  /** The outputs that a request asks for; empty for all, and in an answer. */
  readonly requested: readonly RequestedOutput[];
}

/**
 * Reads a request (`inputs`) or an answer (`outputs`) of the Open Inference Protocol over REST, with the blocks of the binary
 * tensor extension behind it. The elements of tensors are not looked at: data and shape may still contradict each other.
 *
 * @param key where the tensors stand
 * @param bytesAtOnce how much a slice reads
 * @throws TensorProblem, TooManyValues
 */
export function* readRestMessage(
  { body, jsonBytes }: RestInference,
  key: "inputs" | "outputs",
  { maxDepth, maxValues }: JsonLimits,
  bytesAtOnce = sliceBytes,
): Slices<RestMessage> {
  const json = jsonBytes === undefined ? body : body.subarray(0, jsonBytes);
  const tail = new Tail(body.subarray(json.length));
  try {
    const scanner = new JsonScanner(json, maxDepth, { uniqueNames: true, maxValues, sliceBytes: bytesAtOnce });
    const reader = new MessageReader(scanner, tail, key);
    const message = yield* slicesOf(() => reader.read());
    tail.assertTaken(key);
    return message;
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new TensorProblem("body", `not JSON: ${error.message}`);
    throw error;
  }
}

/** The blocks behind the JSON, taken in turn. */
class Tail {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  take(size: number, field: string): Uint8Array {
    if (size > this.#bytes.length - this.#at) {
      const left = this.#bytes.length - this.#at;
      throw new TensorProblem(
        `${field}.parameters.binary_data_size`,
        `is ${size}, and ${left} bytes are left behind the JSON`,
      );
    }
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }

  assertTaken(key: string): void {
    const left = this.#bytes.length - this.#at;
    if (left > 0)
      throw new TensorProblem(key, `${left} bytes behind the JSON belong to none of them (binary_data_size)`);
  }
}

/** What has been read so far of a message, of a tensor or of a requested output. */
interface Draft {
  id?: string;
  /** Of the model, in a message. */
  name?: string;
  version?: string;
  datatype?: string;
  shape?: number[];
  parameters?: Map<string, Parameter>;
  json?: Uint8Array;
  numbers?: number | undefined;
}

/** Reads one message. What it has read is kept from slice to slice: the scanner hands out again what it was at. */
class MessageReader {
  readonly #scanner: JsonScanner;
  readonly #tail: Tail;
  readonly #key: "inputs" | "outputs";
  readonly #message: Draft = {};
  #tensors: Tensor[] | undefined;
  readonly #requested: RequestedOutput[] = [];
  /** The tensor or the output that is being read. */
  #item: Draft | undefined;

  constructor(scanner: JsonScanner, tail: Tail, key: "inputs" | "outputs") {
    this.#scanner = scanner;
    this.#tail = tail;
    this.#key = key;
  }

  /** @throws outOfTurn at the end of a slice: the next call goes on there */
  read(): RestMessage {
    const scanner = this.#scanner;
    const key = this.#key;
    const start = scanner.space(0);
    if (scanner.bytes[start] !== OPEN_BRACE) {
      scanner.end(scanner.value(start, 0));
      throw new TensorProblem("body", `expected a JSON object with ${key}`);
    }
    const message = this.#message;
    const end = scanner.object(start, 0, (name, at) => {
      switch (name) {
        case "id":
          return this.#text(at, name, (text) => (message.id = text));
        case "model_name":
          return this.#text(at, name, (text) => (message.name = text));
        case "model_version":
          return this.#text(at, name, (text) => (message.version = text));
        case "parameters":
          return this.#parameters(at, name, message);
        case key:
          this.#tensors ??= [];
          return this.#list(at, key, (field, itemAt) => this.#tensor(itemAt, field, this.#tensors!));
        case "outputs":
          return this.#list(at, name, (field, itemAt) => this.#requestedOutput(itemAt, field));
        default:
          return scanner.value(at, 1);
      }
    });
    scanner.end(end);
    if (this.#tensors === undefined) throw new TensorProblem(key, "missing; expected a list of tensors");
    const { id = "", name = "", version = "", parameters = noParameters } = message;
    return {
      id,
      modelName: name,
      modelVersion: version,
      parameters,
      tensors: this.#tensors,
      requested: this.#requested,
    };
  }

  #tensor(at: number, field: string, tensors: Tensor[]): number {
    const scanner = this.#scanner;
    this.#item ??= {};
    const draft = this.#item;
    const end = this.#object(at, field, (member, valueAt) => {
      switch (member) {
        case "name":
          return this.#text(valueAt, `${field}.name`, (text) => (draft.name = text));
        case "datatype":
          return this.#text(valueAt, `${field}.datatype`, (text) => (draft.datatype = text));
        case "shape":
          return this.#shape(valueAt, `${field}.shape`, draft);
        case "parameters":
          return this.#parameters(valueAt, `${field}.parameters`, draft);
        case "data": {
          const valueEnd = scanner.value(valueAt, 3);
          if (scanner.bytes[valueAt] !== OPEN_BRACKET) throw new TensorProblem(`${field}.data`, "expected a list");
          draft.json = scanner.bytes.subarray(valueAt, valueEnd);
          draft.numbers = scanner.numbersAlone && !scanner.sawNonFinite ? scanner.itemCount : undefined;
          return valueEnd;
        }
        default:
          return scanner.value(valueAt, 3);
      }
    });
    this.#item = undefined;
    const { name, datatype = "", shape, parameters = noParameters } = draft;
    if (name === undefined || name === "")
      throw new TensorProblem(`${field}.name`, "missing; expected the name of the tensor");
    if (shape === undefined) throw new TensorProblem(`${field}.shape`, "missing; expected the size of each dimension");
    const known = datatypeOf(datatype);
    if (known === undefined) {
      const found = datatype === "" ? "missing" : `${JSON.stringify(datatype.slice(0, 40))} is unknown`;
      throw new TensorProblem(`${field}.datatype`, `${found}; expected one of ${datatypeNames.join(", ")}`);
    }
    const data = this.#data(draft.json, draft.numbers, parameters, field);
    tensors.push({ name, datatype: known, shape, parameters, data });
    return end;
  }

  #data(json: Uint8Array | undefined, numbers: number | undefined, parameters: Parameters, field: string): TensorData {
    const size = parameters.get("binary_data_size");
    if (size === undefined) {
      if (json === undefined)
        throw new TensorProblem(`${field}.data`, "missing; expected a list, or parameters.binary_data_size");
      return { json, numbers };
    }
    if (json !== undefined) throw new TensorProblem(`${field}.data`, "not together with parameters.binary_data_size");
    if (typeof size !== "bigint" || size < 0n || size > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new TensorProblem(`${field}.parameters.binary_data_size`, "expected a number of bytes");
    }
    return { raw: this.#tail.take(Number(size), field) };
  }

  #requestedOutput(at: number, field: string): number {
    this.#item ??= {};
    const draft = this.#item;
    const end = this.#object(at, field, (member, valueAt) => {
      if (member === "name") return this.#text(valueAt, `${field}.name`, (text) => (draft.name = text));
      if (member === "parameters") return this.#parameters(valueAt, `${field}.parameters`, draft);
      return this.#scanner.value(valueAt, 3);
    });
    this.#item = undefined;
    const { name = "", parameters = noParameters } = draft;
    if (name === "") throw new TensorProblem(`${field}.name`, "missing; expected the name of an output");
    this.#requested.push({ name, parameters });
    return end;
  }

  #list(at: number, field: string, readItem: (field: string, at: number) => number): number {
    const scanner = this.#scanner;
    if (scanner.bytes[at] === NULL) return scanner.value(at, 1);
    if (scanner.bytes[at] !== OPEN_BRACKET) throw new TensorProblem(field, "expected a list");
    return scanner.array(at, 1, (index, itemAt) => {
      if (index >= messageLimits.tensors)
        throw new TensorProblem(field, `has more than ${messageLimits.tensors} items`);
      return readItem(`${field}[${index}]`, itemAt);
    });
  }

  #object(at: number, field: string, readMember: (name: string, at: number) => number): number {
    if (this.#scanner.bytes[at] !== OPEN_BRACE) throw new TensorProblem(field, "expected an object");
    return this.#scanner.object(at, 2, readMember);
  }

  #shape(at: number, field: string, draft: Draft): number {
    const scanner = this.#scanner;
    if (scanner.bytes[at] !== OPEN_BRACKET) throw new TensorProblem(field, "expected a list of sizes");
    draft.shape ??= [];
    const { shape } = draft;
    return scanner.array(at, 3, (index, itemAt) => {
      if (index >= messageLimits.dimensions) {
        throw new TensorProblem(field, `has more than ${messageLimits.dimensions} dimensions`);
      }
      const itemEnd = scanner.value(itemAt, 4);
      const size = sizeAt(scanner.bytes, itemAt, itemEnd);
      if (!Number.isSafeInteger(size)) {
        const found = Buffer.from(scanner.bytes.subarray(itemAt, Math.min(itemEnd, itemAt + 40))).toString();
        throw new TensorProblem(`${field}[${index}]`, `expected an integer of 0 or more, found ${found}`);
      }
      shape[index] = size;
      return itemEnd;
    });
  }

  #text(at: number, field: string, done: (text: string) => void): number {
    const scanner = this.#scanner;
    const end = scanner.value(at, 3);
    if (scanner.bytes[at] === NULL) return end;
    if (scanner.bytes[at] !== QUOTE) throw new TensorProblem(field, "expected a text");
    // Nearly all of them are names that come again in the next message.
    done(scanner.name(at, end));
    return end;
  }

  #parameters(at: number, field: string, draft: Draft): number {
    const scanner = this.#scanner;
    if (scanner.bytes[at] === NULL) return scanner.value(at, 3);
    if (scanner.bytes[at] !== OPEN_BRACE) throw new TensorProblem(field, "expected an object");
    draft.parameters ??= new Map();
    const { parameters } = draft;
    return scanner.object(at, 3, (name, valueAt) => {
      if (parameters.size >= messageLimits.parameters) {
        throw new TensorProblem(field, `has more than ${messageLimits.parameters} members`);
      }
      const valueEnd = scanner.value(valueAt, 4);
      // MLServer answers objects, too (`headers`). They say nothing that could go on.
      const value = parameterAt(scanner, valueAt, valueEnd);
      if (value !== undefined && value !== null) parameters.set(name, value);
      return valueEnd;
    });
  }
}

/** The integer that stands there in digits alone; NaN of anything else. */
function sizeAt(bytes: Uint8Array, start: number, end: number): number {
  let size = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    size = size * 10 + digit;
  }
  return size;
}
