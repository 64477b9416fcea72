import { type KubeResource, resourceName } from "./kube-object.ts";

/** A failed call of an API server. */
export class KubeError extends Error {
  /** The HTTP status, or that of an `ERROR` event; undefined when there was no valid answer. */
  readonly status: number | undefined;
  /** How long the API server asks to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, details: { status?: number; retryAfterMs?: number; cause?: unknown } = {}) {
    super(message, { cause: details.cause });
    this.name = "KubeError";
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** A connection error in words. Node's message is left out, as it contains addresses. */
export function connectionError(error: unknown): KubeError {
  if (error instanceof KubeError) return error;
  const { code, message } = error as { code?: string; message: string };
  return new KubeError(`the API server cannot be reached (${code ?? message})`, { cause: error });
}

/** The request that failed. */
export interface Attempt {
  readonly verb: "list" | "watch";
  readonly resource: KubeResource;
  /** Undefined: in all namespaces. */
  readonly namespace: string | undefined;
}

/** Why a list is not up to date, and what to do about it, in words for the operator of the service. */
export function troubleOf(error: KubeError, { verb, resource, namespace }: Attempt): string {
  const name = resourceName(resource);
  const where = namespace === undefined ? "in all namespaces" : `in namespace ${namespace}`;
  switch (error.status) {
    case undefined:
      return error.message;
    case 401:
      return `the API server does not accept the credentials (401): ${error.message}`;
    case 403:
      return (
        `not allowed to ${verb} ${name} ${where} (403): ${error.message}; ` +
        `grant the verbs get, list and watch on it${namespace === undefined ? ", or name the namespaces to watch in KSERVE_WATCH_NAMESPACES" : ""}`
      );
    case 404:
      return `the API server does not know ${name}/${resource.version} (404); ${resource.origin}`;
    case 429:
      return `the API server asks to wait before it can ${verb} ${name} (429): ${error.message}`;
    default:
      return `the API server failed to ${verb} ${name} ${where} (${error.status}): ${error.message}`;
  }
}
