import { create, fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { ListValueSchema, ValueSchema } from "@bufbuild/protobuf/wkt";
import { createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from "@connectrpc/connect-node";
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
