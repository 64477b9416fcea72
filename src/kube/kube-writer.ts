import type { ClusterAccess } from "./kube-config.ts";
import { KubeError } from "./kube-error.ts";
import { createKubeTransport } from "./kube-transport.ts";
import { objectTimeoutMs, readObject } from "./object-answer.ts";

/** Reads and writes single objects of one cluster. */
export interface KubeWriter {
  /**
   * Reads an object; undefined when there is none.
   *
   * @throws KubeError
   */
  find<T>(path: string, signal: AbortSignal): Promise<T | undefined>;
  /**
   * Writes an object, and returns its new state. `conflict`: it has changed since it was read, or exists already.
   * `gone`: it does not exist.
   *
   * @param body for PATCH, a merge patch (RFC 7396)
   * @throws KubeError
   */
  write<T>(
    method: "POST" | "PUT" | "PATCH",
    path: string,
    body: object,
    signal: AbortSignal,
  ): Promise<T | "conflict" | "gone">;
}

/**
 * Creates a writer. Nothing is read or called before the first request.
 *
 * @param answerTimeoutMs how long an answer may take after its head
 */
export function createKubeWriter(access: ClusterAccess, answerTimeoutMs = objectTimeoutMs): KubeWriter {
  const transport = createKubeTransport(access);
  return {
    async find<T>(path: string, signal: AbortSignal) {
      try {
        return (await readObject(await transport.send({ method: "GET", path, signal }), answerTimeoutMs)) as T;
      } catch (error) {
        if (error instanceof KubeError && error.status === 404) return undefined;
        throw error;
      }
    },
    async write<T>(method: "POST" | "PUT" | "PATCH", path: string, body: object, signal: AbortSignal) {
      try {
        return (await readObject(await transport.send({ method, path, body, signal }), answerTimeoutMs)) as T;
      } catch (error) {
        if (error instanceof KubeError && error.status === 409) return "conflict";
        if (error instanceof KubeError && error.status === 404 && method !== "POST") return "gone";
        throw error;
      }
    },
  };
}
