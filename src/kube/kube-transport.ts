import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { createClusterConnections } from "./cluster-connection.ts";
import type { ClusterAccess } from "./kube-config.ts";
import { connectionError, KubeError } from "./kube-error.ts";

/** One request to an API server. */
export interface KubeRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON; for PATCH as a merge patch (RFC 7396). A text is YAML for server-side apply, by PATCH alone. */
  readonly body?: object | string;
  readonly signal: AbortSignal;
}

/** Sends requests to the API server of one cluster, with its current credentials. */
export interface KubeTransport {
  /**
   * Sends a request and returns the answer once its head is there with status 200 or 201.
   *
   * @throws KubeError for any other status, and when there is no answer
   */
  send(request: KubeRequest): Promise<IncomingMessage>;
  /** Ends all connections, those in use too. */
  close(): void;
}

/** How long a connection, and the head of an answer, may take. */
const headTimeoutMs = 30_000;

/** A dead peer is noticed after this and ten probes, one second apart. */
const keepAliveMs = 15_000;

/** Creates a transport. Nothing is read or called before the first request. */
export function createKubeTransport(access: ClusterAccess): KubeTransport {
  const connections = createClusterConnections(access);
  return {
    async send(request) {
      try {
        const { server, options } = await connections.current();
        const url = new URL(server + request.path);
        for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, value);
        const response = await send(url, options, request);
        if (response.statusCode === 200 || response.statusCode === 201) return response;
        throw await statusError(response);
      } catch (error) {
        // After a failed connection or refused credentials, the files may have changed.
        if (!(error instanceof KubeError) || [undefined, 401, 403].includes(error.status)) connections.renew();
        throw connectionError(error);
      }
    },
    close: () => connections.close(),
  };
}

function contentTypeOf({ method, body }: KubeRequest): string {
  if (method !== "PATCH") return "application/json";
  return typeof body === "string" ? "application/apply-patch+yaml" : "application/merge-patch+json";
}

function send(url: URL, options: RequestOptions, sent: KubeRequest): Promise<IncomingMessage> {
  const { method, body, signal } = sent;
  return new Promise((resolve, reject) => {
    const request = (url.protocol === "http:" ? httpRequest : httpsRequest)(url, {
      ...options,
      method,
      headers: {
        ...options.headers,
        accept: "application/json",
        "user-agent": "kserve-model-registry",
        ...(body === undefined ? {} : { "content-type": contentTypeOf(sent) }),
      },
      signal,
    });
    const timer = setTimeout(() => {
      request.destroy(new KubeError(`the API server does not answer within ${headTimeoutMs / 1000}s`));
    }, headTimeoutMs);
    request.once("socket", (socket) => socket.setKeepAlive(true, keepAliveMs));
    request.once("close", () => clearTimeout(timer));
    let answered = false;
    request.once("response", (response) => {
      answered = true;
      clearTimeout(timer);
      resolve(response);
    });
    request.on("error", (error: NodeJS.ErrnoException) => {
      // The API server closed a kept-alive connection just as it was reused. All requests sent here may be repeated.
      const wasClosed = request.reusedSocket && error.code === "ECONNRESET" && !answered && !signal.aborted;
      if (wasClosed) resolve(send(url, options, sent));
      else reject(error);
    });
    request.end(typeof body === "object" ? JSON.stringify(body) : body);
  });
}

const maxErrorBytes = 64 * 1024;

/** Reads the API server's error: a `Status` object, or whatever a proxy in front of it writes. */
async function statusError(response: IncomingMessage): Promise<KubeError> {
  const status = response.statusCode ?? 0;
  const text = await beginningOf(response);
  let message = response.statusMessage ?? "";
  try {
    message = (JSON.parse(text) as { message?: string }).message ?? message;
  } catch {
    // No Status object.
  }
  const retryAfter = Number(response.headers["retry-after"]);
  return new KubeError(message.slice(0, 1000), {
    status,
    ...(retryAfter > 0 ? { retryAfterMs: retryAfter * 1000 } : {}),
  });
}

/** The beginning of a body that may not end, as text. What follows is not read. */
async function beginningOf(response: IncomingMessage): Promise<string> {
  const timer = setTimeout(() => response.destroy(), headTimeoutMs);
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of response) {
      pieces.push(piece as Buffer);
      bytes += (piece as Buffer).length;
      if (bytes >= maxErrorBytes) break;
    }
  } catch {
    // What has come says enough.
  }
  clearTimeout(timer);
  return Buffer.concat(pieces).toString("utf8", 0, Math.min(bytes, maxErrorBytes));
}
