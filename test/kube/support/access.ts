import { createKubeClient, type KubeClient } from "../../../src/kube/kube-client.ts";

/** A client of the service, by a kubeconfig. */
export function clientOf(kubeconfig: string): KubeClient {
  return createKubeClient({ kubeconfig, context: undefined, inClusterServer: undefined, homeDir: undefined });
}
