import { ByteWriter } from "../../predict/json/byte-writer.ts";
import type { RestInference } from "../../registry/inference.ts";
import { parameterText } from "../parameters.ts";
import type { Parameters, RequestedOutput, Tensor } from "../tensor.ts";

/** What a request or an answer over REST says besides its tensors. */
export interface RestHead {
  /** Left out where it is empty, as every text here. */
  readonly id: string;
  readonly modelName?: string;
  readonly modelVersion?: string;
  readonly parameters: Parameters;
  readonly requested?: readonly RequestedOutput[];
}

/**
 * Writes a request (`inputs`) or an answer (`outputs`) of the Open Inference Protocol over REST. Tensors that are held as JSON
 * text stand in it as they are, flat or nested; raw ones follow as blocks of the binary tensor extension.
 */
export function writeRestMessage(head: RestHead, key: "inputs" | "outputs", tensors: readonly Tensor[]): RestInference {
  const size = tensors.reduce((sum, { data }) => sum + ("raw" in data ? data.raw : data.json).length + 128, 256);
  const writer = new ByteWriter(size);
  // Each piece of text is a call into native code.
  let text = "{";
  if (head.modelName) text += `"model_name":${JSON.stringify(head.modelName)},`;
  if (head.modelVersion) text += `"model_version":${JSON.stringify(head.modelVersion)},`;
  if (head.id !== "") text += `"id":${JSON.stringify(head.id)},`;
  if (head.parameters.size > 0) text += `${parametersMember(head.parameters)},`;
  text += `"${key}":[`;
  for (const tensor of tensors) {
    text += tensorText(tensor);
    if ("json" in tensor.data) {
      writer.text(`${text},"data":`);
      writer.bytes(tensor.data.json);
      text = "";
    }
    text += "},";
  }
  // Without the comma behind the last.
  text = `${text.slice(0, tensors.length > 0 ? -1 : undefined)}]`;
  if (head.requested !== undefined && head.requested.length > 0) {
    text += `,"outputs":[${head.requested.map(requestedText).join(",")}]`;
  }
  writer.text(`${text}}`);
  const jsonBytes = writer.length;
  let blocks = false;
  for (const { data } of tensors) {
    if (!("raw" in data)) continue;
    writer.bytes(data.raw);
    blocks = true;
  }
  return { form: "rest", body: writer.finish(), jsonBytes: blocks ? jsonBytes : undefined };
}

/** A tensor without its elements and without the brace behind it. */
function tensorText({ name, datatype, shape, parameters, data }: Tensor): string {
  const text = `{"name":${JSON.stringify(name)},"shape":[${shape.join(",")}],"datatype":"${datatype.name}"`;
  // Most tensors have nothing else to say.
  if (parameters.size === 0 && !("raw" in data)) return text;
  const said = new Map(parameters);
  // It may have come in a block, and KServe's server says the size of raw contents over gRPC, too.
  said.delete("binary_data_size");
  if ("raw" in data) said.set("binary_data_size", BigInt(data.raw.length));
  return said.size === 0 ? text : `${text},${parametersMember(said)}`;
}

function requestedText({ name, parameters }: RequestedOutput): string {
  return `{"name":${JSON.stringify(name)}${parameters.size > 0 ? `,${parametersMember(parameters)}` : ""}}`;
}

function parametersMember(parameters: Parameters): string {
  return `"parameters":{${[...parameters].map(([name, value]) => `${JSON.stringify(name)}:${parameterText(value)}`).join(",")}}`;
}
