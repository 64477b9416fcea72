import { Agent } from "node:http";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { Client, credentials, status } from "@grpc/grpc-js";
import {
  ModelRegistry,
  PredictRequestSchema,
  PredictResponseSchema,
} from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import type { ReadyInstances } from "./ready-instances.ts";

/** A client that spreads its calls over the instances of the service. */
export interface BalancedClient {
  readonly name: string;
  /** Predicts a number, and rejects unless it is predicted as itself. */
  predict(number: number): Promise<void>;
  close(): void;
}

/** The one model that is called. */
export const healthyModel = "healthy";
const deadlineMs = 10_000;

/** grpc-js with its own balancer over fixed addresses: it learns of a restart by GOAWAY and refused connections alone. */
export function createGrpcClient(ports: readonly number[]): BalancedClient {
  const addresses = `ipv4:${ports.map((port) => `127.0.0.1:${port}`).join(",")}`;
  const client = new Client(addresses, credentials.createInsecure(), {
    "grpc.service_config": JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
    // The defaults, of seconds, are meant for servers that stay away.
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 500,
  });
  const path = `/${ModelRegistry.typeName}/${ModelRegistry.method.predict.name}`;
  return {
    name: "gRPC, grpc-js with round_robin",
    predict: (number) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          path,
          (message: Uint8Array) => Buffer.from(message),
          (bytes) => fromBinary(PredictResponseSchema, bytes),
          toBinary(PredictRequestSchema, create(PredictRequestSchema, requestFor(number))),
          { deadline: Date.now() + deadlineMs },
          (error, response) => {
            if (error) reject(new Error(`${status[error.code]}: ${error.details}`));
            else resolve(expectTensor(number, response?.output));
          },
        );
      }),
    close: () => client.close(),
  };
}

/** connect-node over connections that it keeps, to instances that say they are ready, as behind a Kubernetes Service. */
export function createConnectClient(
  httpVersion: "1.1" | "2",
  ports: readonly number[],
  instances: ReadyInstances,
): BalancedClient {
  const agent = new Agent({ keepAlive: true });
  const sessions: Http2SessionManager[] = [];
  const transportOf = (port: number) => {
    const baseUrl = `http://127.0.0.1:${port}`;
    if (httpVersion === "1.1") return createConnectTransport({ baseUrl, httpVersion, nodeOptions: { agent } });
    const sessionManager = new Http2SessionManager(baseUrl);
    sessions.push(sessionManager);
    return createConnectTransport({ baseUrl, httpVersion, sessionManager });
  };
  const clients = new Map(ports.map((port) => [port, createClient(ModelRegistry, transportOf(port))]));
  return {
    name: `Connect, connect-node over HTTP/${httpVersion}`,
    async predict(number) {
      const { output } = await clients.get(instances.next())!.predict(requestFor(number), { timeoutMs: deadlineMs });
      expectTensor(number, output);
    },
    close() {
      agent.destroy();
      for (const session of sessions) session.abort();
    },
  };
}

function requestFor(number: number) {
  return { name: healthyModel, input: { case: "tensor" as const, value: { shape: [1, 1], values: [number] } } };
}

function expectTensor(number: number, output: { case?: string | undefined; value?: unknown } | undefined): void {
  const [found] = (output?.value as { values?: number[] } | undefined)?.values ?? [];
  if (found !== number) throw new Error(`${number} was predicted as ${found}`);
}
