import { createGuard, type Guard } from "../access/guard.ts";
import { createKubernetes } from "../access/kubernetes.ts";
import { createOidc } from "../access/oidc.ts";
import { createOpenPaths } from "../access/open-paths.ts";
import { openOf, trustedProxies } from "../config/access-variables.ts";
import type { Config, Env } from "../config/config.ts";
import { loadKubeConfig } from "../kube/kube-config.ts";
import { createKubeReviewer } from "../kube/kube-reviewer.ts";
import { kubernetesAccess } from "./kubernetes.ts";

/** The guard, and what has to be closed with it. */
export interface AccessControl {
  /** Undefined: access control is off. */
  readonly guard: Guard | undefined;
  close(): void;
}

/**
 * Creates access control as configured.
 *
 * @throws Error when there is no Kubernetes API server to ask
 */
export async function createAccessControl(config: Config, env: Env): Promise<AccessControl> {
  const { authMode, authCacheTtlMs: ttlMs, tlsClientCaFile } = config;
  const common = {
    certificates: tlsClientCaFile === undefined ? undefined : { names: config.tlsClientNames ?? [] },
    open: createOpenPaths(openOf(config)),
    ttlMs,
  };
  if (authMode === "kubernetes") {
    const access = { ...kubernetesAccess(env, config), context: undefined };
    // A missing or broken kubeconfig should fail the start, not the first caller.
    await loadKubeConfig(access);
    const reviewer = createKubeReviewer(access);
    const { authenticate, accessOf } = createKubernetes({
      reviewer,
      audiences: config.kubernetesAudience ?? [],
      ttlMs,
      versionsNamespace: config.versionsNamespace ?? config.namespace,
    });
    const proxied = config.authProxies === undefined ? undefined : { proxies: trustedProxies(config), accessOf };
    return { guard: createGuard({ ...common, authenticate, proxied }), close: () => reviewer.close() };
  }
  if (authMode === "oidc") {
    const authenticate = createOidc({
      issuer: config.oidcIssuer!,
      audiences: config.oidcAudience!,
      jwksUrl: config.oidcJwksUrl,
      clockToleranceMs: config.oidcClockToleranceMs,
      claims: { models: config.authModelsClaim, versions: config.authVersionsClaim },
    });
    return { guard: createGuard({ ...common, authenticate }), close: () => {} };
  }
  const guard = common.certificates === undefined ? undefined : createGuard({ ...common, authenticate: undefined });
  return { guard, close: () => {} };
}
