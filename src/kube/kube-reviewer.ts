import type { ClusterAccess } from "./kube-config.ts";
import { KubeError } from "./kube-error.ts";
import { createKubeTransport } from "./kube-transport.ts";
import { readObject } from "./object-answer.ts";

/** Asks the API server of one cluster for reviews: who a token belongs to, and what a user may do. */
export interface KubeReviewer {
  /**
   * Posts a review, such as a TokenReview, and returns it with the API server's answer.
   *
   * @throws KubeError when no answer comes in time
   */
  review(path: string, review: object): Promise<object>;
  /** Ends all connections. */
  close(): void;
}

/**
 * Creates a reviewer. Nothing is read or called before the first review.
 *
 * @param timeoutMs how long the API server may take, from sending on. A caller waits meanwhile. Default: 5 s
 */
export function createKubeReviewer(access: ClusterAccess, timeoutMs = 5000): KubeReviewer {
  const transport = createKubeTransport(access);
  return {
    async review(path, review) {
      const signal = AbortSignal.timeout(timeoutMs);
      let body: unknown;
      try {
        body = await readObject(await transport.send({ method: "POST", path, body: review, signal }), timeoutMs);
      } catch (error) {
        if (!signal.aborted) throw reviewError(path, error);
        throw new KubeError(`POST ${path}: the API server does not answer within ${timeoutMs / 1000}s`);
      }
      if (typeof body === "object" && body !== null) return body;
      throw new KubeError(`POST ${path} answered with no object`);
    },
    close: () => transport.close(),
  };
}

/** Without a cause: the log would show only that, which does not say what was requested. */
function reviewError(path: string, error: unknown): KubeError {
  const { message, status, retryAfterMs } = error as Partial<KubeError>;
  if (status === undefined) return new KubeError(`POST ${path}: ${message}`);
  const hint =
    status === 401 || status === 403 ? "; this service's own account needs the ClusterRole system:auth-delegator" : "";
  const details = { status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  return new KubeError(`POST ${path} answered HTTP ${status}: ${message}${hint}`, details);
}
