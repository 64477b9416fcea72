import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface ProbesOptions {
  /** Why this process is not ready, in words; undefined when it is. */
  readonly notReadyReason: () => string | undefined;
  /** @param accept what the scraper takes */
  readonly metrics: (
    accept: string | undefined,
  ) => Promise<{ readonly contentType: string; readonly body: Uint8Array }>;
}

/** The port of a process that serves no callers: `/livez`, `/readyz` and `/metrics`. */
export interface Probes {
  /** Starts to listen; port 0 takes a free one. */
  listen(port: number, host: string): Promise<{ readonly port: number }>;
  close(): Promise<void>;
}

/** Creates the probes. They do not listen yet. */
export function createProbes({ notReadyReason, metrics }: ProbesOptions): Probes {
  const server = createServer(async ({ method, url, headers }, response) => {
    const send = (status: number, text: string | Uint8Array, contentType = "text/plain; charset=utf-8"): void => {
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
        const { contentType, body } = await metrics(headers.accept);
        return send(200, body, contentType);
      }
      default:
        return send(404, "there are /livez, /readyz and /metrics\n");
    }
  });
  return {
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen({ port, host }, () => resolve({ port: (server.address() as AddressInfo).port }));
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
