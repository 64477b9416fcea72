import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cluster, startCluster } from "./support/cluster.ts";
import { createKubeApi, type KubeObject } from "./support/kube-api.ts";

describe("the cluster of these tests", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster?.stop());

  it("keeps what it has when its API server is killed and started again", async () => {
    const namespace: KubeObject = { apiVersion: "v1", kind: "Namespace", metadata: { name: "kept" } };
    await cluster.api.apply(namespace);
    await cluster.killApiServer();
    await expect(cluster.api.get(namespace)).rejects.toThrow("ECONNREFUSED");
    await cluster.startApiServer();
    expect((await cluster.api.get(namespace)).metadata.name).toBe("kept");
  });

  it("gives a ServiceAccount the rights that are bound to it, and notes what it asks for", async () => {
    const token = await cluster.tokenOf("reader");
    const reader = createKubeApi({ server: cluster.server, ca: cluster.ca, token });
    expect((await reader.send("GET", "/api/v1/namespaces/default/configmaps")).status).toBe(403);
    await cluster.api.apply(`
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: default}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: default}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: reader, namespace: default}]
`);
    expect((await reader.send("GET", "/api/v1/namespaces/default/configmaps")).status).toBe(200);
    expect(
      cluster
        .audit("system:serviceaccount:default:reader")
        .map(({ verb, responseStatus }) => [verb, responseStatus?.code]),
    ).toEqual([
      ["list", 403],
      ["list", 200],
    ]);
  });
});
