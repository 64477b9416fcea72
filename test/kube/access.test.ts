import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientOf, rows } from "../support/clients.ts";
import { errorOf, partsOf } from "../support/error-details.ts";
import { jsonOf, send } from "../support/http-client.ts";
import { wayNamed } from "../support/predict-forms.ts";
import { type RunningService, startRegistry } from "../support/running-service.ts";
import { until } from "../support/until.ts";
import { type Cluster, startCluster } from "./support/cluster.ts";

const grpc = wayNamed("grpc/2");
const registryUser = "system:serviceaccount:default:registry";

/** Who may `get` which InferenceServices, and that the service may ask. */
const rights = `
apiVersion: v1
kind: Namespace
metadata: { name: storage }
---
apiVersion: v1
kind: Namespace
metadata: { name: compute }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: registry-asks }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:auth-delegator" }
subjects: [{ kind: ServiceAccount, name: registry, namespace: default }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: disk-reader, namespace: storage }
rules: [{ apiGroups: [serving.kserve.io], resources: [inferenceservices], resourceNames: [disk], verbs: [get] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: disk-reader, namespace: storage }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: disk-reader }
subjects: [{ kind: ServiceAccount, name: ada, namespace: default }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: reader, namespace: compute }
rules: [{ apiGroups: [serving.kserve.io], resources: [inferenceservices], verbs: [get, list] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: reader, namespace: compute }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader }
subjects: [{ kind: ServiceAccount, name: grace, namespace: default }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: all-reader }
rules: [{ apiGroups: [serving.kserve.io], resources: [inferenceservices], verbs: [get] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: all-reader }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: all-reader }
subjects: [{ kind: ServiceAccount, name: root, namespace: default }]
`;

const models = [
  { name: "disk", namespace: "storage" },
  { name: "tape", namespace: "storage" },
  { name: "load", namespace: "compute" },
];

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.api.apply(rights);
});
afterAll(() => cluster?.stop());

async function start(env: Readonly<Record<string, string>> = {}, serviceAccount = "registry"): Promise<RunningService> {
  const KUBECONFIG = await cluster.kubeconfigOf(serviceAccount);
  return startRegistry({ models, env: { AUTH_MODE: "kubernetes", KUBECONFIG, ...env } });
}

async function tokenFor(serviceAccount: string, spec: object): Promise<string> {
  await cluster.tokenOf(serviceAccount);
  const path = `/api/v1/namespaces/default/serviceaccounts/${serviceAccount}/token`;
  const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec };
  return ((await cluster.api.send("POST", path, request)).body.status as { token: string }).token;
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

async function statusOf(url: string, model: string, token: string): Promise<number> {
  return (await send("2", { url, path: `/api/v1/models/${model}`, headers: bearer(token) })).status;
}

describe("AUTH_MODE=kubernetes against an API server", () => {
  it.each([
    ["ada", ["disk"], { disk: 200, tape: 403, load: 403, none: 403 }],
    ["grace", ["load"], { disk: 403, tape: 403, load: 200, none: 403 }],
    ["nobody", [], { disk: 403, tape: 403, load: 403, none: 403 }],
    ["root", ["disk", "load", "tape"], { disk: 200, tape: 200, load: 200, none: 404 }],
  ])("%s gets what RBAC gives: %j", async (caller, names, statuses) => {
    const { url, log } = await start();
    const token = await cluster.tokenOf(caller);
    const listed = await send("1.1", { url, path: "/v1/models", headers: bearer(token) });
    expect(jsonOf(listed)).toEqual({ models: names });
    const found = await Promise.all(Object.keys(statuses).map((name) => statusOf(url, name, token)));
    expect(found).toEqual(Object.values(statuses));
    const client = clientOf(grpc, url);
    for (const [name, status] of Object.entries(statuses)) {
      const call = client.predict(rows(name, [1]), { headers: bearer(token) });
      if (status === 200) expect((await call).modelName).toBe(name);
      else expect(partsOf(await errorOf(call)).code).toBe(status === 403 ? "PermissionDenied" : "NotFound");
    }
    await until(() => log.calls().length === 1 + 2 * found.length);
    expect(new Set(log.calls().map((line) => line.caller))).toEqual(
      new Set([`system:serviceaccount:default:${caller}`]),
    );
    expect(JSON.stringify(log.lines)).not.toContain(token);
  });

  it("asks nothing twice within AUTH_CACHE_TTL", async () => {
    const { url } = await start({ AUTH_CACHE_TTL: "1m" });
    const token = await cluster.tokenOf("ada");
    const before = cluster.audit(registryUser).length;
    for (let i = 0; i < 5; i++) expect(await statusOf(url, "disk", token)).toBe(200);
    await until(() => cluster.audit(registryUser).length >= before + 2);
    expect(cluster.audit(registryUser).slice(before)).toEqual([
      expect.objectContaining({ verb: "create", requestURI: "/apis/authentication.k8s.io/v1/tokenreviews" }),
      expect.objectContaining({ verb: "create", requestURI: "/apis/authorization.k8s.io/v1/subjectaccessreviews" }),
    ]);
  });

  it("notices rights that come and go", async () => {
    const { url } = await start({ AUTH_CACHE_TTL: "0" });
    const token = await cluster.tokenOf("eve");
    expect(await statusOf(url, "tape", token)).toBe(403);
    const binding = {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "eve" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "all-reader" },
      subjects: [{ kind: "ServiceAccount", name: "eve", namespace: "default" }],
    };
    await cluster.api.apply(binding);
    await until(async () => (await statusOf(url, "tape", token)) === 200, "the right is there", 10_000);
    await cluster.api.delete(binding);
    await until(async () => (await statusOf(url, "tape", token)) === 403, "the right is gone", 10_000);
  });

  it("refuses tokens that are none, of accounts that are gone, and for others", async () => {
    const { url } = await start({ AUTH_CACHE_TTL: "0" });
    const token = await cluster.tokenOf("gone");
    expect(await statusOf(url, "disk", token)).toBe(403);
    await cluster.api.delete({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "gone", namespace: "default" },
    });
    await until(async () => (await statusOf(url, "disk", token)) === 401, "the account is gone", 15_000);
    expect(await statusOf(url, "disk", "nonsense")).toBe(401);
    expect(await statusOf(url, "disk", await tokenFor("ada", { audiences: ["elsewhere"] }))).toBe(401);
  });

  it("takes tokens of KUBERNETES_AUDIENCE alone", async () => {
    const { url } = await start({ KUBERNETES_AUDIENCE: "kserve-model-registry" });
    expect(await statusOf(url, "disk", await tokenFor("ada", { audiences: ["kserve-model-registry"] }))).toBe(200);
    expect(await statusOf(url, "disk", await cluster.tokenOf("ada"))).toBe(401);
  });

  it("says what is missing when the service itself may not ask", async () => {
    const { url, log } = await start({}, "poor");
    expect(await statusOf(url, "disk", await cluster.tokenOf("ada"))).toBe(503);
    await until(() => log.calls().length === 1);
    expect(log.calls()[0]).toMatchObject({
      reason: "ACCESS_CHECK_FAILED",
      cause: expect.stringContaining("needs the ClusterRole system:auth-delegator"),
    });
  });

  it("rejects callers while the API server is unavailable, and accepts them once it is back", async () => {
    const { url } = await start({ AUTH_CACHE_TTL: "0" });
    const token = await cluster.tokenOf("ada");
    expect(await statusOf(url, "disk", token)).toBe(200);
    await cluster.killApiServer();
    expect(await statusOf(url, "disk", token)).toBe(503);
    expect((await send("1.1", { url, path: "/readyz" })).status).toBe(200);
    await cluster.startApiServer();
    await until(async () => (await statusOf(url, "disk", token)) === 200, "the API server is back", 20_000);
  });
});
