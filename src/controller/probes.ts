import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { RegistryError } from "../registry/registry-error.ts";

/** A certificate and its key, in PEM. */
export interface ProbesTls {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface ProbesOptions {
  /** Why this process is not ready, in words; undefined when it is. */
  readonly notReadyReason: () => string | undefined;
  /** Undefined: there is no `/metrics`. */
  readonly metrics?: ProbesMetrics | undefined;
  /** Undefined: plain HTTP. */
  readonly tls?: ProbesTls | undefined;
  /** Is told what a request failed for, whose caller only learns that it did. */
  readonly onError: (error: unknown) => void;
}

export interface ProbesMetrics {
  /** @param accept what the scraper takes */
  expose(accept: string | undefined): Promise<{ readonly contentType: string; readonly body: Uint8Array }>;
  /**
   * Lets a scraper in. Undefined: anyone who reaches the port.
   *
   * @throws RegistryError UNAUTHENTICATED, PERMISSION_DENIED, ACCESS_CHECK_FAILED
   */
  readonly admit?: ((authorization: string | undefined, peer: Socket) => Promise<unknown>) | undefined;
}

/** The port of a process that serves no callers: `/livez`, `/readyz` and, if there are any, `/metrics`. */
export interface Probes {
  /** Starts to listen; port 0 takes a free one. */
  listen(port: number, host: string): Promise<{ readonly port: number }>;
  /** Takes another certificate for new connections. */
  setTls(tls: ProbesTls): void;
  close(): Promise<void>;
}

const plainText = "text/plain; charset=utf-8";

const limits = { headersTimeout: 10_000, requestTimeout: 10_000, keepAliveTimeout: 65_000 };
/** Scrapers and the kubelet keep one each. */
const maxConnections = 256;

/** Creates the probes. They do not listen yet. */
export function createProbes({ notReadyReason, metrics, tls, onError }: ProbesOptions): Probes {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method, url, headers, socket } = request;
    const send = (status: number, text: string | Uint8Array, contentType = plainText): void => {
      response.writeHead(status, { "content-type": contentType }).end(method === "HEAD" ? undefined : text);
    };
    if (method !== "GET" && method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD");
      send(405, "only GET is allowed here\n");
      return;
    }
    switch (url?.split("?", 1)[0]) {
      case "/livez":
      case "/healthz":
        return send(200, "ok\n");
      case "/readyz": {
        const reason = notReadyReason();
        return reason === undefined ? send(200, "ok\n") : send(503, `${reason}\n`);
      }
      case "/metrics": {
        if (metrics === undefined) break;
        try {
          await metrics.admit?.(headers.authorization, socket);
        } catch (error) {
          const status = refusalStatus(error);
          if (status === 401) response.setHeader("www-authenticate", "Bearer");
          return send(status, `${error instanceof RegistryError ? error.message : "access cannot be checked"}\n`);
        }
        const { contentType, body } = await metrics.expose(headers.accept);
        return send(200, body, contentType);
      }
    }
    send(404, `not found; there are /livez, /readyz${metrics === undefined ? "" : " and /metrics"}\n`);
  };
  const answerAlways = (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, response).catch((error: unknown) => {
      onError(error);
      if (response.headersSent) response.destroy();
      else response.writeHead(500, { "content-type": plainText }).end("internal error; the log has more\n");
    });
  };
  const server: Server | TlsServer =
    tls === undefined ? createServer(limits, answerAlways) : createTlsServer({ ...limits, ...tls }, answerAlways);
  server.maxConnections = maxConnections;
  return {
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen({ port, host }, () => resolve({ port: (server.address() as AddressInfo).port }));
      }),
    setTls(next) {
      if ("setSecureContext" in server) server.setSecureContext(next);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function refusalStatus(error: unknown): 401 | 403 | 503 {
  const reason = error instanceof RegistryError ? error.reason : undefined;
  return reason === "UNAUTHENTICATED" ? 401 : reason === "PERMISSION_DENIED" ? 403 : 503;
}
