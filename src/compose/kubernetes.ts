import type { Config, Env } from "../config/config.ts";
import type { ClusterAccess } from "../kube/kube-config.ts";
import { parseLabelSelector } from "../kube/label-selector.ts";
import { parseObjectName } from "../kube/object-name.ts";
import type { Source } from "../registry/ports.ts";
import { createDocumentReader } from "../sources/document-reader.ts";
import { createKubernetesSources } from "../sources/kube/kubernetes-sources.ts";

/** Creates the sources that Kubernetes is asked for; none unless `KSERVE_KUBERNETES_SOURCES` says so. */
export function kubernetesSources(env: Env, config: Config): Source[] {
  if (config.kubernetesSources.length === 0) return [];
  return createKubernetesSources({
    kinds: config.kubernetesSources,
    access: kubernetesAccess(env, config),
    clusters: config.clusters,
    namespaces: config.watchNamespaces,
    configMap: parseObjectName(config.configMap, config.podNamespace ?? config.namespace)!,
    selector: parseLabelSelector(config.discoverySelector)!,
    createDocumentReader: () => createDocumentReader(config.namespace),
  });
}

/** The way to the own cluster. */
export function kubernetesAccess(env: Env, config: Config): Omit<ClusterAccess, "context"> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port, HOME: homeDir } = env;
  return {
    kubeconfig: config.kubeconfig,
    homeDir,
    // An IPv6 address has brackets in a URL.
    inClusterServer: host ? `https://${host.includes(":") ? `[${host}]` : host}:${port || "443"}` : undefined,
  };
}
