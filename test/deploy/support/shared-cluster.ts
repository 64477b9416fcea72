import { readFileSync } from "node:fs";
import { inject } from "vitest";
import { parse } from "yaml";
import { createKubeApi, type KubeApi } from "../../kube/support/kube-api.ts";

/** The API server that all suites here share, which the global setup has started. */
export interface SharedCluster {
  readonly api: KubeApi;
  /** A kubeconfig with all rights. */
  readonly kubeconfig: string;
  /** Creates a namespace in which Pod Security admits restricted pods only, as a platform sets it. */
  restrictedNamespace(name?: string): Promise<string>;
  /** A kubeconfig, as text, with the rights of a ServiceAccount and no others. */
  kubeconfigOf(serviceAccount: string, namespace: string): Promise<string>;
}

let namespaces = 0;

/** Connects to it. */
export function sharedCluster(): SharedCluster {
  const kubeconfig = inject("kubeconfig");
  const config = parse(readFileSync(kubeconfig, "utf8")) as Kubeconfig;
  const { server, "certificate-authority-data": ca } = config.clusters[0]!.cluster;
  const token = config.users[0]!.user.token;
  const api = createKubeApi({ server, ca: Buffer.from(ca, "base64").toString(), token });
  return {
    api,
    kubeconfig,
    async restrictedNamespace(name = `release-${process.pid}-${++namespaces}`) {
      const labels = Object.fromEntries(
        ["enforce", "warn"].map((mode) => [`pod-security.kubernetes.io/${mode}`, "restricted"]),
      );
      await api.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
      return name;
    },
    async kubeconfigOf(serviceAccount, namespace) {
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`;
      const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} };
      const { status, body } = await api.send("POST", path, request);
      if (status !== 201) throw new Error(`no token for ${namespace}/${serviceAccount}: ${JSON.stringify(body)}`);
      const own = (body.status as { token: string }).token;
      return JSON.stringify({ ...config, users: [{ name: config.users[0]!.name, user: { token: own } }] });
    },
  };
}

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: { server: string; "certificate-authority-data": string } }[];
  readonly users: readonly { readonly name: string; readonly user: { readonly token: string } }[];
}
