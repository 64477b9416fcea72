import { bearerToken } from "../access/bearer-token.ts";
import type { Applied, ApplyManifest } from "../api/versions/deployment-methods.ts";
import { type Config, type Env, readConfig } from "../config/config.ts";
import { applyInferenceService, type InferenceServiceToApply } from "../kube/apply-inference-service.ts";
import type { ClusterAccess } from "../kube/kube-config.ts";
import { KubeError } from "../kube/kube-error.ts";
import { kubernetesAccess } from "./kubernetes.ts";

/**
 * Applies what callers deploy, each with the caller's own token. Undefined unless the server lets Kubernetes identify
 * its callers: otherwise the API server knows none of their tokens.
 */
export function createApplyManifest(env: Env, config: Config): ApplyManifest | undefined {
  if (config.authMode !== "kubernetes") return undefined;
  const access = { ...kubernetesAccess(env, config), context: undefined };
  // Async, so that a header without a token rejects like any other failure.
  return async ({ authorization, ...service }, signal) =>
    appliedBy({ ...access, bearerToken: bearerToken(authorization) }, service, signal);
}

/** Applies an InferenceService with the credentials of the user's kubeconfig, or of the pod's ServiceAccount. */
export async function applyAsUser(env: Env, service: InferenceServiceToApply, signal: AbortSignal): Promise<Applied> {
  const { config } = readConfig(env);
  return await appliedBy({ ...kubernetesAccess(env, config), context: undefined }, service, signal);
}

async function appliedBy(
  access: ClusterAccess,
  service: InferenceServiceToApply,
  signal: AbortSignal,
): Promise<Applied> {
  try {
    return { outcome: "applied", created: await applyInferenceService(access, service, signal) };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof KubeError)) throw error;
    if (error.status === undefined) return { outcome: "away", cause: error };
    return { outcome: "refused", status: error.status, message: error.message };
  }
}
