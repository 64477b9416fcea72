import {
  createSecureServer,
  createServer,
  type IncomingHttpHeaders,
  type SecureServerOptions,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from "node:http2";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { beforeEach, onTestFinished } from "vitest";
import { Cancellation } from "../../../../src/base/cancellation.ts";
import { MemoryBudget } from "../../../../src/registry/memory-budget.ts";
import {
  createHttp2Client,
  type Http2ClientOptions,
  type Http2Request,
} from "../../../../src/upstream/http2/http2-client.ts";
import { expectNoSockets } from "../../../support/open-sockets.ts";
import { registered } from "../../../support/registered.ts";

/** A request as a server saw it, with its body. */
export interface SeenCall {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly stream: ServerHttp2Stream;
}

export type AnswerCall = (call: SeenCall) => void | Promise<void>;

/** Answers with a body and `grpc-status: 0` behind it. */
export function answerOk({ stream }: SeenCall, body: Buffer = Buffer.from("answer")): void {
  if (stream.destroyed) return;
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.end(body);
}

/** An HTTP/2 server, which reads every request to its end and then answers it. With a certificate it speaks TLS. */
export async function startHttp2Upstream(
  answer: AnswerCall,
  options: SecureServerOptions = {},
  host = "127.0.0.1",
  port = 0,
) {
  const sessions = new Set<ServerHttp2Session>();
  const seen: SeenCall[] = [];
  const server = options.cert === undefined ? createServer(options as ServerOptions) : createSecureServer(options);
  let sessionCount = 0;
  server.on("session", (session) => {
    sessionCount++;
    sessions.add(session);
    session.on("error", () => {});
    session.on("close", () => sessions.delete(session));
  });
  server.on("stream", (stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on("error", () => {});
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      const call = { headers, body: Buffer.concat(chunks), stream };
      seen.push(call);
      void answer(call);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  const close = (): void => {
    for (const session of sessions) session.destroy();
    if (server.listening) server.close();
  };
  onTestFinished(close);
  return {
    port: (server.address() as AddressInfo).port,
    sessions,
    seen,
    close,
    server,
    /** How many sessions there have been. */
    get sessionCount() {
      return sessionCount;
    },
  };
}

/** A server that says what it likes on each connection. */
export async function startTcp(onConnection: (socket: Socket) => void): Promise<{ readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.resume();
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port };
}

/** Fails each test of the file that leaves a socket open. */
export function expectNoSocketsAfterEach(): void {
  // What is registered first goes last: servers and clients are closed by then.
  beforeEach(() => onTestFinished(expectNoSockets));
}

/** A client for a test. */
export function createTestClient(options: Partial<Http2ClientOptions> = {}) {
  const retried: boolean[] = [];
  const client = createHttp2Client({
    connectTimeoutMs: 1000,
    idleTimeoutMs: 10_000,
    maxResponseBytes: 64 * 1024,
    tls: { caFiles: [], certFile: undefined, keyFile: undefined },
    retries: { share: 0.2 },
    memory: new MemoryBudget(Number.POSITIVE_INFINITY),
    onRetry: (_model, allowed) => retried.push(allowed),
    ...options,
  });
  onTestFinished(() => client.close());
  return { client, retried };
}

/** A client, and one model that it calls. */
export function createTestCaller(url: string, options: Partial<Http2ClientOptions> = {}) {
  const { client, retried } = createTestClient(options);
  const model = registered({ url });
  const send = (request: Partial<Http2Request> = {}) =>
    client.send(model, {
      path: "/service/Method",
      headers: { "content-type": "application/grpc", te: "trailers" },
      chunks: [Buffer.from("re"), Buffer.from("quest")],
      cancellation: new Cancellation<Error>(),
      ...request,
    });
  const text = async (request: Partial<Http2Request> = {}) =>
    Buffer.concat((await send(request)).chunks as Buffer[]).toString();
  return { client, model, send, text, retried };
}
