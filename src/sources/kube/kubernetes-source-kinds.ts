/** What a Kubernetes cluster can be a source of. */
export const kubernetesSourceKinds = ["config-map", "model-registration", "discovery"] as const;
export type KubernetesSourceKind = (typeof kubernetesSourceKinds)[number];
