import { isDnsLabel } from "../base/field-reader.ts";
import { parseLabelSelector } from "../kube/label-selector.ts";
import { parseObjectName } from "../kube/object-name.ts";
import { type KubernetesSourceKind, kubernetesSourceKinds } from "../registry/model.ts";
import { checked, listOf, text } from "./config-variable.ts";

/** What Knative and KServe lead their Services to: Istio, also that of OpenShift, Kourier and Contour. */
const defaultGateways = [
  "istio-system/knative-local-gateway",
  "istio-system/kserve-local-gateway",
  "kourier-system/kourier-internal",
  "knative-serving-ingress/kourier-internal",
  "contour-internal/envoy",
];

/** What is read of Kubernetes, and how. */
export const kubernetesVariables = {
  kubernetesSources: listOf(
    "KSERVE_KUBERNETES_SOURCES",
    `sources out of ${kubernetesSourceKinds.join(", ")}, with commas between them`,
    (item): item is KubernetesSourceKind => kubernetesSourceKinds.some((kind) => kind === item),
    {
      default: "",
      meaning:
        "What to watch in Kubernetes: `config-map`, a ConfigMap with a models list; `model-registration`, the custom resource; `discovery`, InferenceServices by label.",
    },
  ),
  configMap: checked("KSERVE_CONFIG_MAP", "`name` or `namespace/name`", isObjectName, {
    default: "kserve-model-registry",
    meaning: "The ConfigMap of the source `config-map`, with the key `models.yaml`. Default namespace: the pod's own.",
  }),
  discoverySelector: checked(
    "KSERVE_DISCOVERY_SELECTOR",
    "a label selector as kubectl takes it, or *",
    (value) => parseLabelSelector(value) !== undefined,
    {
      default: "kserve-model-registry/enabled=true",
      meaning: "Which InferenceServices the source `discovery` registers. `*` takes all.",
    },
  ),
  watchNamespaces: listOf("KSERVE_WATCH_NAMESPACES", "namespaces with commas between them", isDnsLabel, {
    default: "",
    meaning:
      "The namespaces to watch ModelRegistrations and InferenceServices in; no call for the whole cluster is made then. Empty: all.",
  }),
  clusters: listOf(
    "KSERVE_CLUSTERS",
    "contexts of the kubeconfig with commas between them, each a DNS label",
    isDnsLabel,
    {
      default: "",
      meaning: "Further clusters to watch beside the own one. Their contexts stand in the files of `KUBECONFIG`.",
    },
  ),
  trustedNamespaces: listOf("KSERVE_TRUSTED_NAMESPACES", "namespaces with commas between them", isDnsLabel, {
    emptyCounts: true,
    meaning:
      "The namespaces whose ModelRegistrations and InferenceServices may register models of every namespace, as the platform may. Objects elsewhere can only register models of their own namespace. Unset: the pod's own namespace, where it is known; empty: none.",
  }),
  clusterTrustedNamespaces: listOf(
    "KSERVE_CLUSTER_TRUSTED_NAMESPACES",
    "cluster/namespace with commas between them",
    (item) => item.split("/").length === 2 && item.split("/").every(isDnsLabel),
    {
      default: "",
      meaning:
        "The same for the clusters of `KSERVE_CLUSTERS`, their ConfigMaps included: `spoke-1/platform`. Empty: none.",
    },
  ),
  allowedGateways: listOf(
    "KSERVE_ALLOWED_GATEWAYS",
    "namespace/name with commas between them",
    (item) => parseObjectName(item, "") !== undefined,
    {
      default: defaultGateways.join(","),
      meaning:
        "The Services of gateways that a Service of type ExternalName in any namespace may lead to, as Knative and KServe make them for InferenceServices. Where an object outside of the trusted namespaces leads to another one, to another namespace or out of the cluster, its model is not called. Empty: none.",
    },
  ),
  podNamespace: checked("POD_NAMESPACE", "a DNS label", isDnsLabel, {
    meaning:
      "The namespace that the pod runs in, by the downward API. Unset: what the mounted ServiceAccount says, where there is one.",
  }),
  controllerLease: checked("CONTROLLER_LEASE", "`name` or `namespace/name`", isObjectName, {
    default: "kserve-model-registry-controller",
    meaning:
      "The Lease by which the processes of `kserve-model-registry controller` choose the one that writes. Default namespace: the pod's own.",
  }),
  kubeconfig: text("KUBECONFIG", "paths of kubeconfig files, as kubectl takes them", {
    meaning:
      "How to reach the API server. Unset, or without a current context: by the ServiceAccount of the pod; outside of a cluster by `~/.kube/config`.",
  }),
} as const;

function isObjectName(value: string): boolean {
  return parseObjectName(value, "default") !== undefined;
}
