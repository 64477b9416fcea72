import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { answer, type Models } from "./kserve-v1.ts";
import { answerV2 } from "./kserve-v2.ts";

export type { DemoModel } from "./kserve-v1.ts";

/** What to serve, and where. */
export interface ModelServerOptions {
  /** The models, by the name in their path. */
  readonly models: Models;
  /** Default: 0, any free port. */
  readonly port?: number;
  /** Default: loopback. `0.0.0.0` in a container, whose network keeps others out. */
  readonly host?: "127.0.0.1" | "0.0.0.0";
}

/** A model server that listens. */
export interface ModelServer {
  /** `http://127.0.0.1:41234`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Closes the port and every connection. */
  stop(): Promise<void>;
}

/** Serves models over KServe v1 and the Open Inference Protocol, over HTTP/1.1 only, as KServe's own Python server does. */
export async function startModelServer(options: ModelServerOptions): Promise<ModelServer> {
  const { models, port = 0, host = "127.0.0.1" } = options;
  const server = createServer((request, response) => {
    serve(models, request, response).catch(() => response.destroy());
  });
  // uvicorn, which KServe's server runs on, keeps an idle connection for 65 s, and drops what is not HTTP/1.1.
  server.keepAliveTimeout = 65_000;
  server.on("clientError", (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, host, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://${host}:${bound}`,
    port: bound,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(models: Models, request: IncomingMessage, response: ServerResponse) {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const url = new URL(request.url ?? "/", `http://${request.headers.host ?? "localhost"}`);
  const { status, body, location } = (/^\/v2(\/|$)/.test(url.pathname) ? answerV2 : answer)(models, {
    method: request.method ?? "GET",
    url,
    contentType: request.headers["content-type"],
    jsonBytes: Number(request.headers["inference-header-content-length"]) || undefined,
    body: Buffer.concat(chunks),
  });
  const payload = body === undefined ? "" : JSON.stringify(body);
  if (body !== undefined) response.setHeader("content-type", "application/json");
  if (location !== undefined) response.setHeader("location", location);
  response.setHeader("content-length", Buffer.byteLength(payload));
  // uvicorn does not announce how it treats the connection: not that it keeps it, and not that it closes it.
  response.removeHeader("connection");
  response.writeHead(status).end(payload, () => {
    // After an exception of the model it closes it. A client that meant to use it again finds out the hard way.
    if (status === 500) request.socket.destroySoon();
  });
}
