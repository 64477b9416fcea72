import { create } from "@bufbuild/protobuf";
import { ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { expect } from "vitest";
import { GRPCInferenceService } from "../../gen/inference/grpc_service_pb.ts";
import { TensorSchema } from "../../gen/kserve/registry/v1/prediction_pb.ts";
import { reflectedService } from "../contract/reflected.ts";
import { typedPredict } from "../contract/typed-client.ts";
import { bodyOf, clientOf, rows } from "../support/clients.ts";
import { partsOf } from "../support/error-details.ts";
import { send } from "../support/http-client.ts";
import { doubles } from "../support/inference-server.ts";
import { model } from "../support/running-service.ts";
import { ways } from "../support/ways.ts";

/** What a caller gets in the end: a number for its row, or why it failed, as a code of gRPC or a status of HTTP. */
export type Outcome =
  | { readonly prediction: number }
  | { readonly reason: string | undefined; readonly code: string }
  | { readonly reason: string | undefined; readonly status: number };

/** A way to ask for a prediction of one row. */
export interface Caller {
  readonly name: string;
  readonly over: "REST" | "gRPC";
  /** Whether it sends tensors, which a server of the Open Inference Protocol gets without a look at their rows. */
  readonly sendsTensors: boolean;
  /** Whether it can say that it waits for a model that is not ready. */
  readonly canWait: boolean;
  readonly ask: (url: string, row: readonly number[], asking?: Partial<Asking>) => Promise<Outcome>;
}

/** How a caller asks. */
interface Asking {
  /** Of HTTP, besides those of the form. */
  readonly headers: Record<string, string>;
  /** Whether it waits for a model that is not ready, where it can. */
  readonly waits: boolean;
}

const usual: Asking = { headers: {}, waits: false };

/** The features of the model: typed callers send them by name. */
export const features = ["a", "b"] as const;

const grpc = ways.find(({ name }) => name === "grpc/2")!;
const registry = (url: string) => clientOf(grpc, url);

/** A caller over gRPC, which asks for the prediction itself. */
function overGrpc(
  name: string,
  predict: (url: string, row: readonly number[], asking: Asking) => Promise<number>,
  { sendsTensors = false, canWait = false } = {},
): Caller {
  return {
    name,
    over: "gRPC",
    sendsTensors,
    canWait,
    async ask(url, row, asking) {
      try {
        return { prediction: await predict(url, row, { ...usual, ...asking }) };
      } catch (error) {
        const { reason, code } = partsOf(ConnectError.from(error));
        return { reason, code };
      }
    },
  };
}

function overRest(
  name: string,
  path: string,
  requestOf: (row: readonly number[]) => { readonly body: string | Buffer; readonly headers?: Record<string, string> },
  { sendsTensors = false, canWait = false } = {},
): Caller {
  return {
    name,
    over: "REST",
    sendsTensors,
    canWait,
    async ask(url, row, asking) {
      const { body, headers: ownHeaders } = requestOf(row);
      const { headers: others, waits } = { ...usual, ...asking };
      const headers = { ...ownHeaders, ...others };
      const asked = waits ? `${path}?waitForReady=true` : path;
      const response = await send("1.1", { url, path: asked, method: "POST", body: body as string, headers });
      if (response.status !== 200) {
        return { reason: response.headers["x-error-reason"] as string | undefined, status: response.status };
      }
      const { predictions, outputs } = JSON.parse(response.body);
      return { prediction: Number((predictions ?? outputs[0].data)[0]) };
    },
  };
}

function binaryRequest(row: readonly number[]): { readonly body: Buffer; readonly headers: Record<string, string> } {
  const head = JSON.stringify({
    inputs: [{ name: "x", datatype: "FP64", shape: [1, row.length], parameters: { binary_data_size: 8 * row.length } }],
  });
  return {
    body: Buffer.concat([Buffer.from(head), doubles(...row)]),
    headers: { "inference-header-content-length": String(head.length), "content-type": "application/octet-stream" },
  };
}

function instancesRequest(row: readonly number[]): { readonly body: string } {
  return { body: JSON.stringify({ instances: [row] }) };
}

const typedService = "kserve.models.anomaly_detector.v1.AnomalyDetector";

export const callers: readonly Caller[] = [
  overGrpc(
    "gRPC, instances",
    async (url, row, { headers, waits }) => {
      const request = { ...rows(model, [...row]), waitForReady: waits };
      const { output } = await registry(url).predict(request, { headers });
      if (output.case !== "predictions" || output.value.kind.case !== "listValue") throw new Error("no predictions");
      return Number(output.value.kind.value.values[0]!.kind.value);
    },
    { canWait: true },
  ),
  overGrpc(
    "gRPC, a tensor",
    async (url, row, { headers, waits }) => {
      const value = create(TensorSchema, { shape: [1, row.length], values: [...row] });
      const request = { name: model, input: { case: "tensor" as const, value }, waitForReady: waits };
      const { output } = await registry(url).predict(request, { headers });
      if (output.case !== "tensor") throw new Error("no tensor");
      return output.value.values[0]!;
    },
    { canWait: true },
  ),
  overGrpc(
    "gRPC, a body",
    async (url, row, { headers, waits }) => {
      const request = { ...bodyOf(model, JSON.stringify({ instances: [row] })), waitForReady: waits };
      const { output } = await registry(url).predict(request, { headers });
      if (output.case !== "body") throw new Error("no body");
      return JSON.parse(Buffer.from(output.value).toString()).predictions[0];
    },
    { canWait: true },
  ),
  overGrpc(
    "gRPC, evaluated",
    async (url, row, { headers, waits }) => {
      const request = { ...rows(model, [...row]), waitForReady: waits };
      const { verdicts } = await registry(url).evaluateModel(request, { headers });
      return Number(verdicts[0]!.prediction?.kind.value);
    },
    { canWait: true },
  ),
  overGrpc("gRPC, typed", async (url, row, { headers }) => {
    const addHeaders: Interceptor = (next) => (request) => {
      for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
      return next(request);
    };
    const transport = createGrpcTransport({ baseUrl: url, interceptors: [addHeaders] });
    const described = await reflectedService(transport, typedService);
    const instance = Object.fromEntries(row.map((value, i) => [features[i]!, value]));
    const { predictions } = await typedPredict(transport, described, { instances: [instance] });
    return Number((predictions as { prediction: number }[])[0]!.prediction);
  }),
  overRest("v1 REST", `/v1/models/${model}:predict`, instancesRequest, { canWait: true }),
  overRest("REST", `/api/v1/models/${model}/predict`, instancesRequest, { canWait: true }),
  overRest(
    "v2 REST",
    `/v2/models/${model}/infer`,
    (row) => ({
      body: JSON.stringify({ inputs: [{ name: "x", datatype: "FP64", shape: [1, row.length], data: row }] }),
    }),
    { sendsTensors: true },
  ),
  overRest("v2 REST, binary", `/v2/models/${model}/infer`, binaryRequest, { sendsTensors: true }),
  overGrpc(
    "v2 gRPC",
    async (url, row, { headers }) => {
      const client = createClient(GRPCInferenceService, createGrpcTransport({ baseUrl: url }));
      const inputs = [{ name: "x", datatype: "FP64", shape: [1n, BigInt(row.length)] }];
      const request = { modelName: model, inputs, rawInputContents: [doubles(...row)] };
      const { outputs, rawOutputContents } = await client.modelInfer(request, { headers });
      expect(outputs).toMatchObject([{ datatype: "FP64", shape: [1n] }]);
      return Buffer.from(rawOutputContents[0]!).readDoubleLE(0);
    },
    { sendsTensors: true },
  ),
];
