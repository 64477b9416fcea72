import { create } from "@bufbuild/protobuf";
import { ConnectError, createClient } from "@connectrpc/connect";
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
  /** @param headers of HTTP, besides those of the form */
  readonly ask: (url: string, row: readonly number[], headers?: Record<string, string>) => Promise<Outcome>;
}

/** The features of the model: typed callers send them by name. */
export const features = ["a", "b"] as const;

const grpc = ways.find(({ name }) => name === "grpc/2")!;
const registry = (url: string) => clientOf(grpc, url);

/** A caller over gRPC, which asks for the prediction itself. */
function overGrpc(
  name: string,
  predict: (url: string, row: readonly number[], headers: Record<string, string>) => Promise<number>,
  sendsTensors = false,
): Caller {
  return {
    name,
    over: "gRPC",
    sendsTensors,
    async ask(url, row, headers = {}) {
      try {
        return { prediction: await predict(url, row, headers) };
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
  sendsTensors = false,
): Caller {
  return {
    name,
    over: "REST",
    sendsTensors,
    async ask(url, row) {
      const { body, headers = {} } = requestOf(row);
      const response = await send("1.1", { url, path, method: "POST", body: body as string, headers });
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

const typedService = "kserve.models.anomaly_detector.v1.AnomalyDetector";

export const callers: readonly Caller[] = [
  overGrpc("gRPC, instances", async (url, row, headers) => {
    const { output } = await registry(url).predict(rows(model, [...row]), { headers });
    if (output.case !== "predictions" || output.value.kind.case !== "listValue") throw new Error("no predictions");
    return Number(output.value.kind.value.values[0]!.kind.value);
  }),
  overGrpc("gRPC, a tensor", async (url, row, headers) => {
    const value = create(TensorSchema, { shape: [1, row.length], values: [...row] });
    const { output } = await registry(url).predict({ name: model, input: { case: "tensor", value } }, { headers });
    if (output.case !== "tensor") throw new Error("no tensor");
    return output.value.values[0]!;
  }),
  overGrpc("gRPC, a body", async (url, row, headers) => {
    const request = bodyOf(model, JSON.stringify({ instances: [row] }));
    const { output } = await registry(url).predict(request, { headers });
    if (output.case !== "body") throw new Error("no body");
    return JSON.parse(Buffer.from(output.value).toString()).predictions[0];
  }),
  overGrpc("gRPC, evaluated", async (url, row, headers) => {
    const { verdicts } = await registry(url).evaluateModel(rows(model, [...row]), { headers });
    return Number(verdicts[0]!.prediction?.kind.value);
  }),
  overGrpc("gRPC, typed", async (url, row, headers) => {
    const transport = createGrpcTransport({ baseUrl: url });
    const described = await reflectedService(transport, typedService);
    const instance = Object.fromEntries(row.map((value, i) => [features[i]!, value]));
    const { predictions } = await typedPredict(transport, described, { instances: [instance] }, { headers });
    return Number((predictions as { prediction: number }[])[0]!.prediction);
  }),
  overRest("v1 REST", `/v1/models/${model}:predict`, (row) => ({ body: JSON.stringify({ instances: [row] }) })),
  overRest("REST", `/api/v1/models/${model}/predict`, (row) => ({ body: JSON.stringify({ instances: [row] }) })),
  overRest(
    "v2 REST",
    `/v2/models/${model}/infer`,
    (row) => ({
      body: JSON.stringify({ inputs: [{ name: "x", datatype: "FP64", shape: [1, row.length], data: row }] }),
    }),
    true,
  ),
  overRest("v2 REST, binary", `/v2/models/${model}/infer`, binaryRequest, true),
  overGrpc(
    "v2 gRPC",
    async (url, row, headers) => {
      const client = createClient(GRPCInferenceService, createGrpcTransport({ baseUrl: url }));
      const inputs = [{ name: "x", datatype: "FP64", shape: [1n, BigInt(row.length)] }];
      const request = { modelName: model, inputs, rawInputContents: [doubles(...row)] };
      const { outputs, rawOutputContents } = await client.modelInfer(request, { headers });
      expect(outputs).toMatchObject([{ datatype: "FP64", shape: [1n] }]);
      return Buffer.from(rawOutputContents[0]!).readDoubleLE(0);
    },
    true,
  ),
];
