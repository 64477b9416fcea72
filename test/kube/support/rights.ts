import { parseAllDocuments } from "yaml";
import type { Cluster } from "./cluster.ts";
import type { KubeObject } from "./kube-api.ts";
import { manifest } from "./manifests.ts";

/** Binds the project's ClusterRole to a ServiceAccount of the namespace `default`. */
export async function bindClusterRole(
  cluster: Cluster,
  serviceAccount: string,
  path = "components/model-registration/role.yaml",
): Promise<void> {
  const [role] = await cluster.api.apply(manifest(path));
  await cluster.api.apply({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: `${serviceAccount}-${role!.metadata.name}` },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role!.metadata.name },
    subjects: [{ kind: "ServiceAccount", name: serviceAccount, namespace: "default" }],
  });
}

/** What every source together reads in one namespace, as the components of the manifests say. */
const readAll = ["components/config-map/role.yaml", "components/model-registration/role.yaml"];

/** Creates a Role of the project's rules in a namespace, and binds it to a ServiceAccount of the namespace `default`. */
export async function bindRole(
  cluster: Cluster,
  serviceAccount: string,
  namespace: string,
  paths = readAll,
): Promise<void> {
  const roles = paths.map((path) => parseAllDocuments(manifest(path))[0]!.toJS() as KubeObject);
  const role = { ...roles[0]!, kind: "Role", rules: roles.flatMap(({ rules }) => rules) };
  await cluster.api.apply([
    { ...role, metadata: { name: role.metadata.name, namespace } },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: serviceAccount, namespace },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
      subjects: [{ kind: "ServiceAccount", name: serviceAccount, namespace: "default" }],
    },
  ]);
}

/** Gives a ServiceAccount the rights of the controller: in the whole cluster, and on its Lease in `default`. */
export async function bindControllerRoles(cluster: Cluster, serviceAccount: string): Promise<void> {
  await bindClusterRole(cluster, serviceAccount, "options/controller/rbac/role.yaml");
  await bindClusterRole(cluster, serviceAccount, "options/controller/rbac/metrics_auth_role.yaml");
  await bindRole(cluster, serviceAccount, "default", ["options/controller/rbac/leader_election_role.yaml"]);
}
