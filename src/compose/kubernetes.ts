import type { Config, Env } from "../config/config.ts";
import { createKubeClient } from "../kube/kube-client.ts";
import type { ClusterAccess } from "../kube/kube-config.ts";
import { parseLabelSelector } from "../kube/label-selector.ts";
import { parseObjectName } from "../kube/object-name.ts";
import type { Source } from "../registry/ports.ts";
import { clusterDomainOf, type TrustRules } from "../registry/trust.ts";
import { createDocumentReader } from "../sources/document-reader.ts";
import { createExternalNames, type ExternalNames } from "../sources/kube/external-names.ts";
import { createKubernetesSources } from "../sources/kube/kubernetes-sources.ts";
import type { Log } from "./log.ts";

/** Creates the sources that `KSERVE_KUBERNETES_SOURCES` names; none where it is not set. */
export function kubernetesSources(env: Env, config: Config): Source[] {
  if (config.kubernetesSources.length === 0) return [];
  return createKubernetesSources({
    kinds: config.kubernetesSources,
    access: kubernetesAccess(env, config),
    clusters: config.clusters,
    namespaces: config.watchNamespaces,
    trusts: trustOf(config),
    configMap: parseObjectName(config.configMap, config.podNamespace ?? config.namespace)!,
    selector: parseLabelSelector(config.discoverySelector)!,
    createDocumentReader: () => createDocumentReader(config.namespace, config.documentTimeoutMs),
  });
}

/** Whether objects of the own cluster can register models, so that owners of namespaces choose their addresses. */
export function objectsRegisterModels({ kubernetesSources }: Config): boolean {
  return kubernetesSources.some((kind) => kind !== "config-map");
}

/**
 * Knows the Services of the own cluster that lead out of their namespace.
 *
 * @param log is told why they cannot be read. Undefined: it is not logged
 */
export function externalNames(env: Env, config: Config, log: Log | undefined): ExternalNames {
  return createExternalNames({
    client: createKubeClient({ ...kubernetesAccess(env, config), context: undefined }),
    namespaces: config.watchNamespaces,
    gateways: config.allowedGateways.map((gateway) => parseObjectName(gateway, "")!),
    clusterDomain: clusterDomainOf(config.urlFormat),
    onTrouble(trouble) {
      if (trouble !== undefined) log?.info(`The targets of ExternalName Services are not checked: ${trouble}`);
    },
  });
}

/** Which namespaces are trusted to register models of others, by cluster; the own cluster is the empty name. */
export function trustOf({ trustedNamespaces, clusterTrustedNamespaces }: Config) {
  const trusted = new Set([...trustedNamespaces.map((namespace) => `/${namespace}`), ...clusterTrustedNamespaces]);
  return (cluster: string, namespace: string): boolean => trusted.has(`${cluster}/${namespace}`);
}

/** What entries are allowed, depending on where they come from. */
export function trustRulesOf({ credentialsDirs, urlFormat }: Config): TrustRules {
  return { credentialsDirs, clusterDomain: clusterDomainOf(urlFormat) };
}

/** How to reach the own cluster. */
export function kubernetesAccess(env: Env, config: Config): Omit<ClusterAccess, "context"> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port, HOME: homeDir } = env;
  return {
    kubeconfig: config.kubeconfig,
    homeDir,
    // An IPv6 address has brackets in a URL.
    inClusterServer: host ? `https://${host.includes(":") ? `[${host}]` : host}:${port || "443"}` : undefined,
  };
}
