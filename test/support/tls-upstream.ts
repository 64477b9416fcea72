import { readFileSync } from "node:fs";
import { createServer, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { onTestFinished } from "vitest";
import type { Certificate } from "./certificates.ts";

/** A request as a model server with TLS saw it. */
export interface SeenRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  /** The common name of the client's certificate. */
  readonly client: string | undefined;
}

/** A KServe v1 server with TLS: every model is ready and predicts 1. Closed after the test, where it still runs. */
export async function startTlsUpstream(certificate: Certificate, options: ServerOptions = {}, host = "localhost") {
  const seen: SeenRequest[] = [];
  const tls = { cert: readFileSync(certificate.certFile), key: readFileSync(certificate.keyFile), ...options };
  const server = createServer(tls, (request, response) => {
    const { subject } = (request.socket as TLSSocket).getPeerCertificate() as { subject?: { CN?: string } };
    seen.push({ path: request.url ?? "", authorization: request.headers.authorization, client: subject?.CN });
    request.resume();
    request.on("end", () => {
      response.setHeader("content-type", "application/json");
      response.end(request.method === "GET" ? '{"ready":true}' : '{"predictions":[1]}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, host === "localhost" ? "127.0.0.1" : host, resolve));
  const url = `https://${host}:${(server.address() as AddressInfo).port}`;
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(close);
  return { url, seen, close };
}
