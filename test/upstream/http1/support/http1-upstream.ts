import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { Cancellation } from "../../../../src/base/cancellation.ts";
import type { ExchangeRequest } from "../../../../src/upstream/http/exchange.ts";
import { TlsClient } from "../../../../src/upstream/http/tls-client.ts";
import { createHttp1Client, type Http1Target } from "../../../../src/upstream/http1/http1-client.ts";
import type { OriginPoolOptions } from "../../../../src/upstream/http1/origin-pool.ts";

export const okAnswer = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nanswer";

/** What a server does with a request that it has read: the n-th, on its socket. */
export type Execute = (socket: Socket, execution: number, request: string) => void;

/** A server that says what it likes, on each connection, to each request that it has read to its end. */
export async function startSaying(execute: Execute | string, server: Server = createServer()) {
  const sockets: Socket[] = [];
  const requests: string[] = [];
  server.on("setSecureContext" in server ? "secureConnection" : "connection", (socket: Socket) => {
    sockets.push(socket);
    let received = "";
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString("latin1");
      const headEnd = received.indexOf("\r\n\r\n");
      const length = Number(/^content-length: (\d+)\r$/m.exec(received)?.[1] ?? 0);
      if (headEnd < 0 || received.length < headEnd + 4 + length) return;
      const request = received;
      received = "";
      requests.push(request);
      if (typeof execute === "string") socket.write(execute, "latin1");
      else execute(socket, requests.length, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, sockets, requests, server };
}

/** A client, and one address that it calls. */
export function createTestCaller(
  url: string,
  options: Partial<OriginPoolOptions> = {},
  tls = new TlsClient({ caFiles: [], certFile: undefined, keyFile: undefined }),
) {
  const client = createHttp1Client({ connectTimeoutMs: 1000, idleTimeoutMs: 10_000, ...options });
  onTestFinished(() => client.close());
  const { origin, host } = new URL(url);
  const target: Http1Target = { origin, authority: host, tls };
  const send = (request: Partial<ExchangeRequest> = {}) =>
    client.exchange(target, {
      path: "/v1/models/fraud:predict",
      method: "POST",
      headers: ["content-type", "application/json"],
      body: Buffer.from("request"),
      maxResponseBytes: 64 * 1024,
      cancellation: new Cancellation<Error>(),
      ...request,
    });
  const text = async (request: Partial<ExchangeRequest> = {}) => Buffer.from((await send(request)).body).toString();
  /** The code of the failure. */
  const failure = (request: Partial<ExchangeRequest> = {}): Promise<string> =>
    send(request).then(
      ({ status, body }) => Promise.reject(new Error(`it was answered: ${status} ${Buffer.from(body)}`)),
      ({ cause }) => (cause as { code: string }).code,
    );
  return { client, target, send, text, failure };
}
