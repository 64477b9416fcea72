import { readFileSync } from "node:fs";
import { inject } from "vitest";
import { parse } from "yaml";
import { startCluster } from "../../kube/support/cluster.ts";
import { createKubeApi, type KubeApi } from "../../kube/support/kube-api.ts";
import { installDefinitions } from "./definitions.ts";

/** An API server that a suite tries things on. */
export interface TestCluster {
  readonly api: KubeApi;
  /** A kubeconfig with all rights. */
  readonly kubeconfig: string;
  /** Creates a namespace in which Pod Security admits restricted pods only, as a platform sets it. */
  restrictedNamespace(name?: string): Promise<string>;
  /** A kubeconfig, as text, with the rights of a ServiceAccount and no others. */
  kubeconfigOf(serviceAccount: string, namespace: string): Promise<string>;
}

let namespaces = 0;

/** The API server that the suites share, which the global setup has started. */
export function sharedCluster(): TestCluster {
  return connect(inject("kubeconfig"));
}

/** An API server for one suite, whose programs look at all namespaces: others would see its models, and it theirs. */
export async function startOwnCluster(): Promise<TestCluster & { stop(): Promise<void> }> {
  const cluster = await startCluster();
  await installDefinitions(cluster.api);
  return { ...connect(cluster.kubeconfig), stop: () => cluster.stop() };
}

function connect(kubeconfig: string): TestCluster {
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
