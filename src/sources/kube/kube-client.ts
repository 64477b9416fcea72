import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { buffer } from "node:stream/consumers";
import type { KubeConfig } from "@kubernetes/client-node";
import { type ClusterAccess, loadKubeConfig } from "./kube-config.ts";
import { connectionError, KubeError } from "./kube-error.ts";

/** Calls the API server of one cluster. It only reads. */
export interface KubeClient {
  /**
   * Sends a GET and returns the answer once its head is there with status 200.
   *
   * @throws KubeError for any other status, and when there is no answer
   */
  get(path: string, query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<IncomingMessage>;
}

/** How long a connection, and the head of an answer, may take. */
const headTimeoutMs = 30_000;

/** A peer that is gone is noticed after this and ten probes, a second apart. */
const keepAliveMs = 15_000;

/** How long credentials are used before they are read again. Kubernetes rotates a token long before it expires. */
const maxCredentialsAgeMs = 60_000;

/** Creates a client. Nothing is read or called before the first request. */
export function createKubeClient(access: ClusterAccess): KubeClient {
  let config: KubeConfig | undefined;
  let loadTime = 0;
  const current = async (): Promise<KubeConfig> => {
    if (config === undefined || performance.now() - loadTime > maxCredentialsAgeMs) {
      config = await loadKubeConfig(access).catch((error: Error) => {
        throw new KubeError(error.message, { cause: error });
      });
      loadTime = performance.now();
    }
    return config;
  };
  return {
    async get(path, query, signal) {
      try {
        const kubeConfig = await current();
        const options: RequestOptions = {};
        await kubeConfig.applyToHTTPSOptions(options);
        const url = new URL(kubeConfig.getCurrentCluster()!.server.replace(/\/+$/, "") + path);
        for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
        const response = await send(url, options, signal);
        if (response.statusCode === 200) return response;
        throw await statusError(response);
      } catch (error) {
        // Whatever was wrong, the files may say something else the next time.
        config = undefined;
        throw connectionError(error);
      }
    },
  };
}

function send(url: URL, options: RequestOptions, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === "http:" ? httpRequest : httpsRequest)(url, {
      ...options,
      headers: { ...options.headers, accept: "application/json", "user-agent": "kserve-model-registry" },
      signal,
    });
    const timer = setTimeout(() => {
      request.destroy(new KubeError(`the API server does not answer within ${headTimeoutMs / 1000}s`));
    }, headTimeoutMs);
    request.once("socket", (socket) => socket.setKeepAlive(true, keepAliveMs));
    request.once("close", () => clearTimeout(timer));
    request.once("response", (response) => {
      clearTimeout(timer);
      resolve(response);
    });
    request.on("error", reject);
    request.end();
  });
}

const maxErrorBytes = 64 * 1024;

/** Reads what the API server says of its refusal: a `Status` object, or whatever a proxy in front of it writes. */
async function statusError(response: IncomingMessage): Promise<KubeError> {
  const status = response.statusCode ?? 0;
  const timer = setTimeout(() => response.destroy(), headTimeoutMs);
  const body = await buffer(response).catch(() => Buffer.alloc(0));
  clearTimeout(timer);
  const text = body.subarray(0, maxErrorBytes).toString();
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
