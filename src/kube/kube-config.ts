import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";

/** Where to find the configuration for reaching a cluster. */
export interface ClusterAccess {
  /** The paths of `KUBECONFIG`, as kubectl takes them; undefined: the ServiceAccount of the pod, else `~/.kube/config`. */
  readonly kubeconfig: string | undefined;
  /** A context of the kubeconfig; undefined: the current one, or the cluster that the pod runs in. */
  readonly context: string | undefined;
  /** The API server of the cluster that the pod runs in, `https://10.0.0.1:443`; undefined outside of one. */
  readonly inClusterServer: string | undefined;
  /** Undefined where there is none. */
  readonly homeDir: string | undefined;
  /** Default: where Kubernetes mounts it. */
  readonly serviceAccountDir?: string;
  /** Used instead of every credential in the files. Default: what the files say. */
  readonly bearerToken?: string;
}

const defaultServiceAccountDir = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * Reads the configuration of a cluster from its files, which may have changed: tokens, certificates and kubeconfigs
 * rotate.
 *
 * The library alone would read the environment of the process, and fall back to a server on localhost.
 *
 * @throws Error naming what is missing
 */
export async function loadKubeConfig(access: ClusterAccess): Promise<KubeConfig> {
  // Imported on demand, so that a start without Kubernetes saves time and memory.
  const { KubeConfig } = await import("./kube-config-class.ts");
  const config = new KubeConfig();
  const files = kubeconfigFiles(access);
  for (const [i, file] of files.entries()) {
    const one = new KubeConfig();
    one.loadFromFile(file);
    if (i === 0) config.loadFromOptions(one);
    else config.mergeConfig(one, Boolean(config.getCurrentContext()));
  }
  if (access.context !== undefined) {
    if (config.getContextObject(access.context) === null) {
      const known = config.getContexts().map(({ name }) => name);
      throw new Error(`the kubeconfig has no context ${access.context}; it has ${known.join(", ") || "none"}`);
    }
    config.setCurrentContext(access.context);
  } else if (!config.getCurrentContext()) {
    loadInCluster(config, access);
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new Error(`the context ${config.getCurrentContext()} of the kubeconfig has no cluster`);
  }
  if (access.bearerToken !== undefined) showOnly(config, access.bearerToken);
  // The library accepts plain HTTP, as of `kubectl proxy`, only together with `skipTLSVerify`.
  if (cluster.server.startsWith("http:")) {
    config.clusters = config.clusters.map((one) => (one === cluster ? { ...one, skipTLSVerify: true } : one));
  }
  return config;
}

/** Makes the current context use one token, and no certificate or other credential. */
function showOnly(config: KubeConfig, token: string): void {
  const name = config.getCurrentContext();
  const context = { ...config.getContextObject(name)!, user: "bearer" };
  config.users = [{ name: "bearer", token }];
  config.contexts = [context];
}

function kubeconfigFiles({ kubeconfig, inClusterServer, homeDir, context }: ClusterAccess): string[] {
  if (kubeconfig !== undefined) return kubeconfig.split(delimiter).filter((path) => path !== "");
  if (homeDir === undefined || (inClusterServer !== undefined && context === undefined)) return [];
  const file = join(homeDir, ".kube", "config");
  return existsSync(file) ? [file] : [];
}

function loadInCluster(config: KubeConfig, { inClusterServer, serviceAccountDir }: ClusterAccess): void {
  const dir = serviceAccountDir ?? defaultServiceAccountDir;
  if (inClusterServer === undefined) {
    throw new Error(
      "no Kubernetes API server configured: this is not a pod, and there is no kubeconfig; set KUBECONFIG",
    );
  }
  config.loadFromOptions({
    clusters: [{ name: "in-cluster", server: inClusterServer, caFile: join(dir, "ca.crt"), skipTLSVerify: false }],
    users: [{ name: "service-account", token: readFileSync(join(dir, "token"), "utf8").trim() }],
    contexts: [{ name: "in-cluster", cluster: "in-cluster", user: "service-account" }],
    currentContext: "in-cluster",
  });
}
