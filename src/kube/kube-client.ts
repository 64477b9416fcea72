import type { IncomingMessage } from "node:http";
import type { ClusterAccess } from "./kube-config.ts";
import { createKubeTransport } from "./kube-transport.ts";

/** Calls the API server of one cluster. It only reads. */
export interface KubeClient {
  /**
   * Sends a GET and returns the answer once its head is there with status 200.
   *
   * @throws KubeError for any other status, and when there is no answer
   */
  get(path: string, query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<IncomingMessage>;
}

/** Creates a client. Nothing is read or called before the first request. */
export function createKubeClient(access: ClusterAccess): KubeClient {
  const transport = createKubeTransport(access);
  return { get: (path, query, signal) => transport.send({ method: "GET", path, query, signal }) };
}
