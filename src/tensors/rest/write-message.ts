import { ByteWriter } from "../../predict/json/byte-writer.ts";
import type { RestInference } from "../../registry/inference.ts";
import { parameterText } from "../parameters.ts";
import type { Parameters, RequestedOutput, Tensor } from "../tensor.ts";

const COMMA = 0x2c;
const CLOSE_BRACE = 0x7d;

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
  writer.text("{");
  if (head.modelName) writer.text(`"model_name":${JSON.stringify(head.modelName)},`);
  if (head.modelVersion) writer.text(`"model_version":${JSON.stringify(head.modelVersion)},`);
  if (head.id !== "") writer.text(`"id":${JSON.stringify(head.id)},`);
  if (head.parameters.size > 0) writer.text(`${parametersMember(head.parameters)},`);
  writer.text(`"${key}":[`);
  for (const [index, tensor] of tensors.entries()) {
    if (index > 0) writer.byte(COMMA);
    writeTensor(tensor, writer);
  }
  writer.text("]");
  if (head.requested !== undefined && head.requested.length > 0) {
    writer.text(`,"outputs":[${head.requested.map(requestedText).join(",")}]`);
  }
  writer.byte(CLOSE_BRACE);
  const jsonBytes = writer.length;
  let blocks = false;
  for (const { data } of tensors) {
    if (!("raw" in data)) continue;
    writer.bytes(data.raw);
    blocks = true;
  }
  return { form: "rest", body: writer.finish(), jsonBytes: blocks ? jsonBytes : undefined };
}

function writeTensor({ name, datatype, shape, parameters, data }: Tensor, writer: ByteWriter): void {
  writer.text(`{"name":${JSON.stringify(name)},"shape":[${shape.join(",")}],"datatype":"${datatype.name}"`);
  if ("raw" in data) {
    writer.text(`,${parametersMember(new Map([...parameters, ["binary_data_size", BigInt(data.raw.length)]]))}`);
  } else {
    // It may have come in a block, and KServe's server says the size of raw contents over gRPC, too.
    const said = new Map([...parameters].filter(([name]) => name !== "binary_data_size"));
    if (said.size > 0) writer.text(`,${parametersMember(said)}`);
    writer.text(',"data":');
    writer.bytes(data.json);
  }
  writer.byte(CLOSE_BRACE);
}

function requestedText({ name, parameters }: RequestedOutput): string {
  return `{"name":${JSON.stringify(name)}${parameters.size > 0 ? `,${parametersMember(parameters)}` : ""}}`;
}

function parametersMember(parameters: Parameters): string {
  return `"parameters":{${[...parameters].map(([name, value]) => `${JSON.stringify(name)}:${parameterText(value)}`).join(",")}}`;
}
