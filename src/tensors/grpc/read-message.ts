import type { GrpcInference } from "../../registry/inference.ts";
import { datatypeNames, datatypeOf } from "../datatype.ts";
import { assertRawFits } from "../raw-elements.ts";
import { messageLimits, type RestMessage } from "../rest/read-message.ts";
import { elementCount, noParameters, type Parameter, type RequestedOutput, type Tensor } from "../tensor.ts";
import { TensorProblem } from "../tensor-problem.ts";
import { rawFromContents } from "./contents.ts";
import { ProtoReader } from "./proto-reader.ts";

/** A request or an answer over gRPC, read: its tensors have raw elements, in whichever form they came. */
export interface GrpcMessage extends RestMessage {
  /** Whether the elements came as raw contents. */
  readonly isRaw: boolean;
}

/** A tensor whose elements are not known yet. */
interface Head extends Omit<Tensor, "data"> {
  readonly contents: ProtoReader | undefined;
}

/** The field of raw contents, by what the tensors are. */
const rawField = { inputs: 7, outputs: 6 } as const;
const rawNames = { inputs: "raw_input_contents", outputs: "raw_output_contents" } as const;

/**
 * Returns work that reads a `ModelInferRequest` (`inputs`) or a `ModelInferResponse` (`outputs`) without message
 * objects, to be called until it does not throw `outOfTurn`. Packed floats and raw contents are not copied. There are
 * as many elements as the shapes say.
 *
 * @param maxTyped how many elements a tensor may have as typed contents, which are read one by one
 * @throws TensorProblem for what is wrong with the tensors
 * @throws MalformedMessage for what is not a message
 */
export function readGrpcMessage(
  { message }: GrpcInference,
  key: "inputs" | "outputs",
  maxTyped = Number.POSITIVE_INFINITY,
): () => GrpcMessage {
  const reader = new ProtoReader(message);
  let [modelName, modelVersion, id] = ["", "", ""];
  let parameters: Map<string, Parameter> | undefined;
  const heads: Head[] = [];
  const requested: RequestedOutput[] = [];
  const blocks: Uint8Array[] = [];
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        modelName = reader.text();
        break;
      case 2:
        modelVersion = reader.text();
        break;
      case 3:
        id = reader.text();
        break;
      case 4:
        parameters = withParameter(parameters, reader.message(), "parameters");
        break;
      case 5:
        assertRoom(heads, key);
        heads.push(readHead(reader.message(), `${key}[${heads.length}]`));
        break;
      case rawField[key]:
        assertRoom(blocks, rawNames[key]);
        blocks.push(reader.chunk());
        break;
      case 6:
        assertRoom(requested, "outputs");
        requested.push(readRequested(reader.message(), `outputs[${requested.length}]`));
        break;
      default:
        reader.skip();
    }
  }
  const isRaw = blocks.length > 0;
  if (isRaw && blocks.length !== heads.length) {
    throw new TensorProblem(rawNames[key], `has ${blocks.length} items for ${heads.length} ${key}`);
  }
  for (let i = 0; i < heads.length && !isRaw; i++) {
    if (elementCount(heads[i]!.shape)! <= maxTyped) continue;
    throw new TensorProblem(`${key}[${i}].contents`, `more than ${maxTyped} elements; send them in ${rawNames[key]}`);
  }
  const said = { id, modelName, modelVersion, parameters: parameters ?? noParameters, requested, isRaw };
  const tensors: Tensor[] = [];
  /** What reads the next tensor. */
  let reading: (() => Uint8Array) | undefined;
  return () => {
    for (let i = tensors.length; i < heads.length; i++) {
      const head = heads[i]!;
      reading ??= rawOfHead(head, blocks[i], `${key}[${i}]`, `${rawNames[key]}[${i}]`);
      const { name, datatype, shape, parameters } = head;
      tensors.push({ name, datatype, shape, parameters, data: { raw: reading() } });
      reading = undefined;
    }
    return { ...said, tensors };
  };
}

function rawOfHead(head: Head, block: Uint8Array | undefined, field: string, rawName: string): () => Uint8Array {
  const { datatype, shape, contents } = head;
  if (block === undefined) return rawFromContents(contents, datatype, shape, field);
  if (contents !== undefined && !contents.isAtEnd) {
    throw new TensorProblem(`${field}.contents`, `not together with ${rawName}`);
  }
  assertRawFits(head, block, rawName);
  return () => block;
}

function readHead(reader: ProtoReader, field: string): Head {
  let name = "";
  let datatype = "";
  const shape: number[] = [];
  let parameters: Map<string, Parameter> | undefined;
  let contents: ProtoReader | undefined;
  const addSize = (value: number | bigint): void => {
    if (shape.length === messageLimits.dimensions) {
      throw new TensorProblem(`${field}.shape`, `has more than ${messageLimits.dimensions} dimensions`);
    }
    if (value < 0 || value > Number.MAX_SAFE_INTEGER) {
      throw new TensorProblem(`${field}.shape[${shape.length}]`, `expected an integer of 0 or more, found ${value}`);
    }
    shape.push(Number(value));
  };
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        name = reader.text();
        break;
      case 2:
        datatype = reader.text();
        break;
      case 3:
        if (reader.isDelimited) {
          const packed = reader.message();
          while (!packed.isAtEnd) addSize(packed.packedSize());
        } else {
          addSize(reader.int64());
        }
        break;
      case 4:
        parameters = withParameter(parameters, reader.message(), `${field}.parameters`);
        break;
      case 5:
        if (contents !== undefined) throw new TensorProblem(`${field}.contents`, "comes twice");
        contents = reader.unboundedMessage();
        break;
      default:
        reader.skip();
    }
  }
  const known = datatypeOf(datatype);
  if (known === undefined) {
    const found = datatype === "" ? "missing" : `${JSON.stringify(datatype.slice(0, 40))} is unknown`;
    throw new TensorProblem(`${field}.datatype`, `${found}; expected one of ${datatypeNames.join(", ")}`);
  }
  if (elementCount(shape) === undefined) {
    throw new TensorProblem(`${field}.shape`, `is [${shape.join(",")}], which no tensor can have`);
  }
  return { name, datatype: known, shape, parameters: parameters ?? noParameters, contents };
}

function readRequested(reader: ProtoReader, field: string): RequestedOutput {
  let name = "";
  let parameters: Map<string, Parameter> | undefined;
  while (reader.next()) {
    if (reader.field === 1) name = reader.text();
    else if (reader.field === 2) parameters = withParameter(parameters, reader.message(), `${field}.parameters`);
    else reader.skip();
  }
  return { name, parameters: parameters ?? noParameters };
}

/** Adds an entry of a map of parameters. */
function withParameter(
  parameters: Map<string, Parameter> | undefined,
  entry: ProtoReader,
  field: string,
): Map<string, Parameter> {
  const map = parameters ?? new Map<string, Parameter>();
  if (map.size === messageLimits.parameters)
    throw new TensorProblem(field, `has more than ${messageLimits.parameters} members`);
  let name = "";
  let value: Parameter | undefined;
  while (entry.next()) {
    if (entry.field === 1) name = entry.text();
    else if (entry.field === 2) value = readParameter(entry.message());
    else entry.skip();
  }
  if (value !== undefined) map.set(name, value);
  return map;
}

function readParameter(reader: ProtoReader): Parameter | undefined {
  let value: Parameter | undefined;
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        value = reader.bool();
        break;
      case 2:
        value = reader.int64();
        break;
      case 3:
        value = reader.text();
        break;
      case 4:
        value = reader.double();
        break;
      case 5:
        value = reader.uint64();
        break;
      default:
        reader.skip();
    }
  }
  return value;
}

function assertRoom(items: readonly unknown[], field: string): void {
  if (items.length === messageLimits.tensors)
    throw new TensorProblem(field, `has more than ${messageLimits.tensors} items`);
}
