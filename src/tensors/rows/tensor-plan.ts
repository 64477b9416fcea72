import type { TensorMetadata } from "../../registry/inference.ts";
import type { InputFeature } from "../../registry/model.ts";
import { type Datatype, datatypeOf, datatypes } from "../datatype.ts";
import { noParameters, type Parameters } from "../tensor.ts";
import { TensorProblem } from "../tensor-problem.ts";

/** One tensor that rows become, or a part of them. */
export interface PlannedTensor {
  readonly name: string;
  readonly datatype: Datatype;
  /** As the model declares it; undefined where nothing is known of it. */
  readonly shape: readonly number[] | undefined;
  readonly parameters: Parameters;
}

/** What the rows of a model become. */
export type TensorPlan =
  /** One tensor, which holds all rows. `features` names its columns in messages; empty where nothing is declared. */
  | { readonly kind: "matrix"; readonly tensor: PlannedTensor; readonly features: readonly string[] }
  /** A tensor for each column, in the order of the columns, with parameters for the request as a whole. */
  | { readonly kind: "columns"; readonly tensors: readonly PlannedTensor[]; readonly parameters: Parameters }
  /** Neither the model nor its entry says what the columns hold: the rows decide. `features` are names, where it has any. */
  | { readonly kind: "by-rows"; readonly features: readonly string[] };

/** What a table of columns is decoded as by KServe and MLServer: a frame of pandas, its texts as texts. */
const asFrame: Parameters = new Map([["content_type", "pd"]]);
const asText: Parameters = new Map([["content_type", "str"]]);

/**
 * Whether a server makes a frame of pandas of a request. KServe's makes one without rows of raw contents and of blocks, so
 * that its columns go as typed contents and as JSON.
 */
export function isFrame(parameters: Parameters): boolean {
  return parameters.get("content_type") === "pd";
}

/** The name of the one tensor, where a model declares none: its server takes any. */
const unnamedInput = "input-0";

/**
 * Plans how rows go to a model: as its server describes its inputs, and as its entry declares its features.
 *
 * @param inputs empty where the server says nothing, as most models of KServe and MLServer do
 * @throws TensorProblem where the two contradict each other, or where a datatype is unknown
 */
export function planTensors(inputs: readonly TensorMetadata[], features: readonly InputFeature[]): TensorPlan {
  const names = features.map(({ name }) => name);
  if (inputs.length === 0) return planFromFeatures(features, names);
  if (inputs.length === 1) {
    return { kind: "matrix", tensor: plannedTensor(inputs[0]!), features: names };
  }
  if (names.length === 0) return { kind: "columns", tensors: inputs.map(plannedTensor), parameters: noParameters };
  const byName = new Map(inputs.map((input) => [input.name, input]));
  const unknown = names.find((name) => !byName.has(name));
  const missing = inputs.find(({ name }) => !names.includes(name));
  if (unknown !== undefined || missing !== undefined) {
    const inputNames = inputs.map(({ name }) => name).join(", ");
    throw new TensorProblem(
      "inputFeatures",
      `the entry declares ${names.join(", ").slice(0, 400)}, but the server of the model describes the inputs ${inputNames.slice(0, 400)}`,
    );
  }
  return { kind: "columns", tensors: names.map((name) => plannedTensor(byName.get(name)!)), parameters: noParameters };
}

function plannedTensor({ name, datatype, shape }: TensorMetadata): PlannedTensor {
  const known = datatypeOf(datatype);
  if (known === undefined) {
    throw new TensorProblem(name, `has the datatype ${datatype.slice(0, 40)}, which is not one of the protocol`);
  }
  return { name, datatype: known, shape, parameters: noParameters };
}

/** Without a word of the server, one tensor where all features are numbers, else one for each, as a frame. */
function planFromFeatures(features: readonly InputFeature[], names: readonly string[]): TensorPlan {
  if (features.some(({ type }) => type === undefined) || names.length === 0)
    return { kind: "by-rows", features: names };
  if (features.every(({ type }) => type === "number" || type === "integer")) {
    const integers = features.every(({ type, nullable }) => type === "integer" && nullable !== true);
    return { kind: "matrix", tensor: unnamedTensor(integers ? datatypes.INT64 : datatypes.FP64), features: names };
  }
  return frameOf(features.map((feature) => ({ name: feature.name, datatype: datatypeForFeature(feature) })));
}

/** The datatype of a column whose server says nothing. A missing integer has a place only among floats. */
function datatypeForFeature({ type, nullable }: InputFeature): Datatype {
  switch (type) {
    case "integer":
      return nullable === true ? datatypes.FP64 : datatypes.INT64;
    case "boolean":
      return datatypes.BOOL;
    case "string":
      return datatypes.BYTES;
    default:
      return datatypes.FP64;
  }
}

/** One tensor of a server that takes any name and shape. */
export function unnamedTensor(datatype: Datatype): PlannedTensor {
  return { name: unnamedInput, datatype, shape: undefined, parameters: noParameters };
}

/** Columns for a server that makes a frame of them. */
export function frameOf(columns: readonly { readonly name: string; readonly datatype: Datatype }[]): TensorPlan {
  const tensors = columns.map(({ name, datatype }) => ({
    name,
    datatype,
    shape: [-1, 1],
    parameters: datatype.name === "BYTES" ? asText : noParameters,
  }));
  return { kind: "columns", tensors, parameters: asFrame };
}
