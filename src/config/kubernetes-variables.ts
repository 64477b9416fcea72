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
    `comma-separated sources out of ${kubernetesSourceKinds.join(", ")}`,
    (item): item is KubernetesSourceKind => kubernetesSourceKinds.some((kind) => kind === item),
    {
      default: "",
      meaning:
        "What to watch in Kubernetes: `config-map`, a ConfigMap with a models list; `model-registration`, the custom resource; `discovery`, InferenceServices by label.",
    },
  ),
  configMap: checked("KSERVE_CONFIG_MAP", "`name` or `namespace/name`", isObjectName, {
    default: "kserve-model-registry",
    meaning:
      "The ConfigMap that the source `config-map` reads, with the key `models.yaml`. Default namespace: the pod's own.",
  }),
  discoverySelector: checked(
    "KSERVE_DISCOVERY_SELECTOR",
    "a label selector in kubectl syntax, or *",
    (value) => parseLabelSelector(value) !== undefined,
    {
      default: "kserve-model-registry/enabled=true",
      meaning: "Which InferenceServices the source `discovery` registers. `*` registers all.",
    },
  ),
  watchNamespaces: listOf("KSERVE_WATCH_NAMESPACES", "comma-separated namespaces", isDnsLabel, {
    default: "",
    meaning:
      "The namespaces in which to watch ModelRegistrations and InferenceServices, without cluster-wide calls. Empty: all.",
  }),
  clusters: listOf("KSERVE_CLUSTERS", "comma-separated kubeconfig contexts, each a DNS label", isDnsLabel, {
    default: "",
    meaning: "Further clusters to watch besides the server's own. Their contexts must be in the files of `KUBECONFIG`.",
  }),
  trustedNamespaces: listOf("KSERVE_TRUSTED_NAMESPACES", "comma-separated namespaces", isDnsLabel, {
    emptyCounts: true,
    meaning:
      "The namespaces whose ModelRegistrations and InferenceServices may register models of every namespace, as the platform may. Objects elsewhere can only register models of their own namespace. Unset: the pod's own namespace, if known; empty: none.",
  }),
  clusterTrustedNamespaces: listOf(
    "KSERVE_CLUSTER_TRUSTED_NAMESPACES",
    "comma-separated cluster/namespace pairs",
    (item) => item.split("/").length === 2 && item.split("/").every(isDnsLabel),
    {
      default: "",
      meaning:
        "The same for the clusters of `KSERVE_CLUSTERS`, including their ConfigMaps: `spoke-1/platform`. Empty: none.",
    },
  ),
  allowedGateways: listOf(
    "KSERVE_ALLOWED_GATEWAYS",
    "comma-separated namespace/name pairs",
    (item) => parseObjectName(item, "") !== undefined,
    {
      default: defaultGateways.join(","),
      meaning:
        "The gateway Services that a Service of type ExternalName in any namespace may point to, as Knative and KServe create them for InferenceServices. If an object outside the trusted namespaces leads to any other Service in another namespace, or out of the cluster, its model is not called. Empty: none.",
    },
  ),
  podNamespace: checked("POD_NAMESPACE", "a DNS label", isDnsLabel, {
    meaning:
      "The pod's namespace, set through the downward API. Unset: that of the mounted ServiceAccount, if there is one.",
  }),
  controllerLease: checked("CONTROLLER_LEASE", "`name` or `namespace/name`", isObjectName, {
    default: "kserve-model-registry-controller",
    meaning:
      "The Lease by which `kserve-model-registry controller` processes elect the one that writes. Default namespace: the pod's own.",
  }),
  kubeconfig: text("KUBECONFIG", "paths of kubeconfig files, as for kubectl", {
    meaning:
      "How to reach the API server. Unset, or without a current context: the pod's ServiceAccount; outside a cluster, `~/.kube/config`.",
  }),
} as const;

function isObjectName(value: string): boolean {
  return parseObjectName(value, "default") !== undefined;
}
