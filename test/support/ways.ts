import { Agent } from "node:http";
import type { Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from "@connectrpc/connect-node";
import { onTestFinished } from "vitest";

/** One protocol over one version of HTTP. */
export interface Way {
  /** `grpc-web/1.1`. */
  readonly name: string;
  readonly protocol: "grpc" | "grpc-web" | "connect";
  readonly httpVersion: "1.1" | "2";
  /** Whether the reads are HTTP GET requests. */
  readonly get: boolean;
  /** The header that carries a caller's deadline, and how it is written. */
  readonly deadline: (ms: number) => Record<string, string>;
  readonly create: (baseUrl: string) => OpenTransport;
}

interface OpenTransport {
  readonly transport: Transport;
  close(): void;
}

type Options = { baseUrl: string } & (
  | { httpVersion: "1.1"; nodeOptions: { agent: Agent } }
  | { httpVersion: "2"; sessionManager: Http2SessionManager }
);
type Create = (options: Options) => Transport;

/** Every protocol over every version of HTTP that it knows. gRPC needs HTTP/2. */
export const ways: readonly Way[] = [
  way("grpc", "2", (options) => createGrpcTransport(options as never)),
  ...both("grpc-web", "grpc-web", createGrpcWebTransport),
  ...both("connect-json", "connect", (options) => createConnectTransport({ ...options, useBinaryFormat: false })),
  ...both("connect-binary", "connect", (options) => createConnectTransport({ ...options, useBinaryFormat: true })),
  ...both("connect-get", "connect", (options) => createConnectTransport({ ...options, useHttpGet: true })),
];

/** A transport to a server, closed after the test. */
export function transportOf(way: Way, baseUrl: string): Transport {
  const { transport, close } = way.create(baseUrl);
  onTestFinished(close);
  return transport;
}

function both(name: string, protocol: Way["protocol"], create: Create): Way[] {
  return [way(name, "1.1", create, protocol), way(name, "2", create, protocol)];
}

function way(name: string, httpVersion: Way["httpVersion"], create: Create, protocol: Way["protocol"] = "grpc"): Way {
  return {
    name: `${name}/${httpVersion}`,
    protocol,
    httpVersion,
    get: name === "connect-get",
    deadline: (ms): Record<string, string> =>
      protocol === "connect" ? { "connect-timeout-ms": String(ms) } : { "grpc-timeout": `${ms}m` },
    create(baseUrl) {
      if (httpVersion === "2") {
        const sessionManager = new Http2SessionManager(baseUrl);
        return { transport: create({ baseUrl, httpVersion, sessionManager }), close: () => sessionManager.abort() };
      }
      const agent = new Agent({ keepAlive: true });
      return { transport: create({ baseUrl, httpVersion, nodeOptions: { agent } }), close: () => agent.destroy() };
    },
  };
}
