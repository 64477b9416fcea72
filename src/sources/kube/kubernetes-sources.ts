import { createKubeClient } from "../../kube/kube-client.ts";
import type { ClusterAccess } from "../../kube/kube-config.ts";
import type { LabelSelector } from "../../kube/label-selector.ts";
import type { ObjectName } from "../../kube/object-name.ts";
import type { KubernetesSourceKind } from "../../registry/model.ts";
import type { Source } from "../../registry/ports.ts";
import type { DocumentReader } from "../document-reader.ts";
import { createConfigMapSource } from "./config-map.ts";
import { createInferenceServiceFacts, createInferenceServiceSource } from "./inference-service.ts";
import { createModelRegistrationSource } from "./model-registration.ts";
import type { KubeSourceOptions } from "./watched-source.ts";
import { withInferenceServices } from "./with-inference-services.ts";

/** Which sources to watch, in which clusters. */
export interface KubernetesOptions {
  readonly kinds: readonly KubernetesSourceKind[];
  /** How to reach the own cluster, and by which kubeconfig the others. */
  readonly access: Omit<ClusterAccess, "context">;
  /** Contexts of the kubeconfig: the further clusters. */
  readonly clusters: readonly string[];
  /** The namespaces to watch; empty: all of them. */
  readonly namespaces: readonly string[];
  /** Whether the owners of a namespace of a cluster may speak for others than it; the own cluster is empty. */
  readonly trusts: (cluster: string, namespace: string) => boolean;
  readonly configMap: ObjectName;
  readonly selector: LabelSelector;
  /** One for each ConfigMap. */
  readonly createDocumentReader: () => DocumentReader;
}

/** Creates the sources of the own cluster and of all further ones. Each is lost and found by itself. */
export function createKubernetesSources(options: KubernetesOptions): Source[] {
  return ["", ...options.clusters].flatMap((cluster) => clusterSources(cluster, options));
}

function clusterSources(cluster: string, options: KubernetesOptions): Source[] {
  const { access, configMap, kinds, namespaces, selector } = options;
  const context = cluster === "" ? undefined : cluster;
  const shared: KubeSourceOptions = {
    client: createKubeClient({ ...access, context }),
    cluster,
    trusts: (namespace) => options.trusts(cluster, namespace),
  };
  const create: Readonly<Record<KubernetesSourceKind, () => Source>> = {
    // The ConfigMap of the own cluster is named by the one who deploys this service.
    "config-map": () =>
      createConfigMapSource({
        ...shared,
        ...configMap,
        read: options.createDocumentReader(),
        ...(cluster === "" ? { trusts: () => true } : {}),
      }),
    "model-registration": () => {
      const source = createModelRegistrationSource({ ...shared, namespaces });
      // Where InferenceServices are a source, their facts come from there.
      return kinds.includes("discovery")
        ? source
        : withInferenceServices(source, createInferenceServiceFacts({ ...shared, namespaces }));
    },
    discovery: () => createInferenceServiceSource({ ...shared, namespaces, selector }),
  };
  return [...new Set(kinds)].map((kind) => create[kind]());
}
