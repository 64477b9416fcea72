import { toJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import { createClient, type Transport } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { GRPCInferenceService, type InferTensorContents } from "../../../gen/inference/grpc_service_pb.ts";
import { ModelRegistry } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { bodyOf, rows as instancesOf } from "../../support/clients.ts";
import { doubles } from "../../support/inference-server.ts";

/** Asks a service for predictions of rows of numbers; gives them as KServe v1 has them, a value or an object for each row. */
export type AskForRows = (url: string, name: string, rows: readonly number[][]) => Promise<unknown>;

/** An output with its elements one after the other. */
interface Output {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: readonly unknown[];
}

/** Every kind of caller that can send rows of numbers, by its name. */
export const callersOfRows: Readonly<Record<string, AskForRows>> = {
  "v1 REST": async (url, name, rows) =>
    JSON.parse(await post(`${url}/v1/models/${name}:predict`, JSON.stringify({ instances: rows }))).predictions,

  async "v2 REST, JSON"(url, name, rows) {
    const inputs = [{ ...input(rows), data: rows }];
    const body = JSON.stringify({ id: "1", inputs });
    const { outputs } = JSON.parse(await post(`${url}/v2/models/${name}/infer`, body));
    return predictionsOf(outputs.map((one: Output) => ({ ...one, data: one.data.flat(Infinity) })));
  },

  async "v2 REST, binary"(url, name, rows) {
    const block = doubles(...rows.flat());
    const json = JSON.stringify({
      id: "1",
      inputs: [{ ...input(rows), parameters: { binary_data_size: block.length } }],
    });
    const headers = { "inference-header-content-length": String(json.length) };
    const body = Buffer.concat([Buffer.from(json), block]);
    const { outputs } = JSON.parse(await post(`${url}/v2/models/${name}/infer`, body, headers));
    return predictionsOf(outputs.map((one: Output) => ({ ...one, data: one.data.flat(Infinity) })));
  },

  "v2 gRPC, raw": (url, name, rows) =>
    infer(url, name, { inputs: [grpcInput(rows)], rawInputContents: [doubles(...rows.flat())] }),

  "v2 gRPC, typed": (url, name, rows) =>
    infer(url, name, { inputs: [{ ...grpcInput(rows), contents: { fp64Contents: rows.flat() } }] }),

  async "registry, instances"(url, name, rows) {
    const { output } = await registryAt(url).predict(instancesOf(name, ...rows));
    if (output.case !== "predictions") throw new Error(`no predictions, but ${output.case}`);
    return toJson(ValueSchema, output.value);
  },

  async "registry, body"(url, name, rows) {
    const { output } = await registryAt(url).predict(bodyOf(name, JSON.stringify({ instances: rows })));
    if (output.case !== "body") throw new Error(`no body, but ${output.case}`);
    return JSON.parse(Buffer.from(output.value).toString()).predictions;
  },
};

/** The caller whose answers are numbers alone. */
export const askByTensor: AskForRows = async (url, name, rows) => {
  const value = { shape: [rows.length, rows[0]!.length], values: rows.flat() };
  const { output } = await registryAt(url).predict({ name, input: { case: "tensor", value } });
  if (output.case !== "tensor") throw new Error(`no tensor, but ${output.case}`);
  return output.value.values;
};

function input(rows: readonly number[][]) {
  return { name: "x", datatype: "FP64", shape: [rows.length, rows[0]!.length] };
}

function grpcInput(rows: readonly number[][]) {
  return { ...input(rows), shape: input(rows).shape.map(BigInt) };
}

const overGrpc = (url: string): Transport => createGrpcTransport({ baseUrl: url });
const registryAt = (url: string) => createClient(ModelRegistry, overGrpc(url));

async function post(url: string, body: string | Buffer<ArrayBuffer>, headers: Record<string, string> = {}) {
  const response = await fetch(url, { method: "POST", body, headers });
  const text = await response.text();
  if (!response.ok) throw new Error(`HTTP ${response.status}: ${text}`);
  return text;
}

type InferCall = ReturnType<typeof createClient<typeof GRPCInferenceService>>["modelInfer"];

async function infer(url: string, name: string, request: Parameters<InferCall>[0]): Promise<unknown> {
  const client = createClient(GRPCInferenceService, overGrpc(url));
  const { outputs, rawOutputContents } = await client.modelInfer({ ...request, modelName: name });
  return predictionsOf(
    outputs.map(({ name, datatype, shape, contents }, i) => ({
      name,
      shape: shape.map(Number),
      data: contents === undefined ? rawElements(datatype, rawOutputContents[i]!) : typedElements(contents),
    })),
  );
}

function typedElements(contents: InferTensorContents): unknown[] {
  const { boolContents, fp64Contents, int64Contents, bytesContents } = contents;
  const texts = bytesContents.map((bytes) => Buffer.from(bytes).toString());
  return [...boolContents, ...fp64Contents, ...int64Contents.map(Number), ...texts];
}

function rawElements(datatype: string, bytes: Uint8Array): unknown[] {
  const { buffer } = new Uint8Array(bytes);
  if (datatype === "BOOL") return [...bytes].map(Boolean);
  if (datatype === "FP64") return [...new Float64Array(buffer)];
  if (datatype === "INT64") return [...new BigInt64Array(buffer)].map(Number);
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + new DataView(buffer).getUint32(at, true);
    texts.push(Buffer.from(bytes.subarray(at + 4, end)).toString());
    at = end;
  }
  return texts;
}

function predictionsOf(outputs: readonly Output[]): unknown[] {
  const [first] = outputs;
  const rows = Array.from({ length: first!.shape[0]! }, (_, row) =>
    Object.fromEntries(
      outputs.map(({ name, data, shape: [count, ...inner] }) => {
        const width = data.length / count!;
        const values = data.slice(row * width, (row + 1) * width);
        return [name, inner.length === 0 ? values[0] : values];
      }),
    ),
  );
  return outputs.length === 1 ? rows.map((row) => row[first!.name]) : rows;
}
