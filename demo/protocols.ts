import { create, fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { ListValueSchema, ValueSchema } from "@bufbuild/protobuf/wkt";
import { createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from "@connectrpc/connect-node";
import { GRPCInferenceService } from "../gen/inference/grpc_service_pb.ts";
import { ModelRegistry, PredictRequestSchema } from "../gen/kserve/registry/v1/model_registry_pb.ts";

/** One way to ask the registry for a prediction. */
export interface Protocol {
  /** How people call it: `gRPC-Web`. */
  readonly name: string;
  /** Returns the predictions for the instances, as JSON. Rejects with a readable message. */
  predict(model: string, instances: JsonValue[]): Promise<JsonValue>;
}

/** Every protocol the registry speaks, over one connection each where the protocol allows it. */
export interface Protocols {
  readonly all: readonly Protocol[];
  /** Ends the connections that would otherwise stay open for reuse. */
  close(): void;
}

const TIMEOUT_MS = 5000;

/** Prepares to call the registry at `url` (no slash at the end) in every protocol. Connects when first used. */
export function createProtocols(url: string): Protocols {
  const sessionManager = new Http2SessionManager(url);
  const http1 = { baseUrl: url, httpVersion: "1.1" } as const;
  return {
    all: [
      overRpc("gRPC", createGrpcTransport({ baseUrl: url, sessionManager })),
      overRpc("gRPC-Web", createGrpcWebTransport(http1)),
      overRpc("Connect JSON", createConnectTransport({ ...http1, useBinaryFormat: false })),
      overRpc("Connect binary", createConnectTransport({ ...http1, useBinaryFormat: true })),
      overHttp("REST", (model) => `${url}/api/v1/models/${model}/predict`),
      overHttp("KServe v1", (model) => `${url}/v1/models/${model}:predict`),
      overOpenInference("KServe v2", url),
      overOpenInferenceGrpc("KServe v2 gRPC", createGrpcTransport({ baseUrl: url, sessionManager })),
    ],
    close: () => sessionManager.abort(),
  };
}

function overRpc(name: string, transport: Transport): Protocol {
  const client = createClient(ModelRegistry, transport);
  return {
    name,
    async predict(model, instances) {
      const request = create(PredictRequestSchema, {
        name: model,
        input: { case: "instances", value: fromJson(ListValueSchema, instances) },
      });
      const { output } = await client.predict(request, { timeoutMs: TIMEOUT_MS });
      if (output.case !== "predictions") throw new Error(`the answer holds ${output.case ?? "no"} output`);
      return toJson(ValueSchema, output.value);
    },
  };
}

function overHttp(name: string, address: (model: string) => string): Protocol {
  return {
    name,
    async predict(model, instances) {
      const response = await fetch(address(model), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ instances }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`HTTP ${response.status}: ${text.slice(0, 200)}`);
      return (JSON.parse(text) as { predictions: JsonValue }).predictions;
    },
  };
}

/** The Open Inference Protocol over REST: rows of numbers as one tensor. */
function overOpenInference(name: string, url: string): Protocol {
  return {
    name,
    async predict(model, instances) {
      const inputs = [{ name: "input-0", datatype: "FP64", shape: shapeOf(instances), data: instances }];
      const response = await fetch(`${url}/v2/models/${model}/infer`, {
        method: "POST",
        body: JSON.stringify({ inputs }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`HTTP ${response.status}: ${text.slice(0, 200)}`);
      return predictionsOf((JSON.parse(text) as { outputs: Output[] }).outputs);
    },
  };
}

/** The same over gRPC, with raw contents. */
function overOpenInferenceGrpc(name: string, transport: Transport): Protocol {
  const client = createClient(GRPCInferenceService, transport);
  return {
    name,
    async predict(modelName, instances) {
      const numbers = Float64Array.from(instances.flat() as number[]);
      const request = {
        modelName,
        inputs: [{ name: "input-0", datatype: "FP64", shape: shapeOf(instances).map(BigInt) }],
        rawInputContents: [new Uint8Array(numbers.buffer)],
      };
      const { outputs, rawOutputContents } = await client.modelInfer(request, { timeoutMs: TIMEOUT_MS });
      return predictionsOf(
        outputs.map((output, i) => ({
          name: output.name,
          shape: output.shape.map(Number),
          data: [...new Float64Array(rawOutputContents[i]!.slice().buffer)],
        })),
      );
    },
  };
}

/** An output tensor of FP64. */
interface Output {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

function shapeOf(instances: readonly JsonValue[]): number[] {
  return [instances.length, (instances[0] as readonly JsonValue[]).length];
}

/** What the outputs say of each row: one that a server names is a member of an object. */
function predictionsOf(outputs: readonly Output[]): JsonValue {
  const columns = outputs.map(({ name, shape: [count, width], data }) => {
    const values = Array.from({ length: count! }, (_, row) =>
      width === undefined ? data[row]! : data.slice(row * width, (row + 1) * width),
    );
    return { name, values };
  });
  const [only] = columns;
  if (columns.length === 1 && only!.name === "output-0") return only!.values as JsonValue;
  return only!.values.map((_, row) =>
    Object.fromEntries(columns.map(({ name, values }) => [name, values[row] as JsonValue])),
  );
}
