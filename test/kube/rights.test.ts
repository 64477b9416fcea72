import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kubernetesSourceKinds } from "../../src/registry/model.ts";
import { createDocumentReader } from "../../src/sources/document-reader.ts";
import { createKubernetesSources } from "../../src/sources/kube/kubernetes-sources.ts";
import { until } from "../support/until.ts";
import { type Cluster, startCluster } from "./support/cluster.ts";
import { createKubeApi } from "./support/kube-api.ts";
import {
  inferenceService,
  installInferenceServices,
  installModelRegistrations,
  modelsConfigMap,
  newNamespace,
  registration,
} from "./support/manifests.ts";
import { bindClusterRole, bindRole } from "./support/rights.ts";
import { type StartedSource, startSource } from "./support/started-source.ts";

let cluster: Cluster;
let first: string;
let second: string;
let own: string;
beforeAll(async () => {
  cluster = await startCluster();
  await Promise.all([installModelRegistrations(cluster.api), installInferenceServices(cluster.api)]);
  [own, first, second] = [
    await newNamespace(cluster.api),
    await newNamespace(cluster.api),
    await newNamespace(cluster.api),
  ];
  const entry = "models: [{name: listed, service: listed-predictor, type: anomaly}]";
  await cluster.api.apply([
    modelsConfigMap("kserve-model-registry", own, { "models.yaml": entry }),
    registration("first-registered", first),
    registration("second-registered", second),
    inferenceService("first-served", first),
    inferenceService("second-served", second),
  ]);
});
afterAll(() => cluster?.stop());

type Sources = Readonly<Record<(typeof kubernetesSourceKinds)[number], StartedSource>>;

async function start(
  serviceAccount: string,
  namespaces: readonly string[],
  kinds: readonly (typeof kubernetesSourceKinds)[number][] = kubernetesSourceKinds,
): Promise<Sources> {
  const sources = createKubernetesSources({
    kinds,
    access: {
      kubeconfig: await cluster.kubeconfigOf(serviceAccount),
      inClusterServer: undefined,
      homeDir: undefined,
    },
    clusters: [],
    trusts: () => true,
    namespaces,
    configMap: { namespace: own, name: "kserve-model-registry" },
    selector: () => true,
    createDocumentReader: () => createDocumentReader("default"),
  });
  return Object.fromEntries(sources.map((source) => [source.kind, startSource(source)])) as never;
}

function requestsOf(serviceAccount: string): string[] {
  return cluster
    .audit(`system:serviceaccount:default:${serviceAccount}`)
    .map(
      ({ verb, objectRef: { resource, namespace } = { resource: "" } }) => `${verb} ${resource} ${namespace ?? "*"}`,
    );
}

describe("the rights of the manifests", () => {
  it("suffice for all namespaces: the ClusterRole, and the Role for the ConfigMap", async () => {
    await bindClusterRole(cluster, "wide");
    await bindRole(cluster, "wide", own);
    const sources = await start("wide", []);
    await sources["config-map"].untilNames("listed");
    await sources["model-registration"].untilNames("first-registered", "second-registered");
    await sources.discovery.untilNames("first-served", "second-served");
    await until(() => new Set(requestsOf("wide").filter((one) => one.startsWith("watch"))).size === 3);
    expect(new Set(requestsOf("wide"))).toEqual(
      new Set([
        `list configmaps ${own}`,
        `watch configmaps ${own}`,
        "list modelregistrations *",
        "watch modelregistrations *",
        "list inferenceservices *",
        "watch inferenceservices *",
      ]),
    );
    for (const source of Object.values(sources)) expect(source.troubles).toEqual([]);
  });

  it("suffice for some namespaces: the Role in each, with no call for the whole cluster", async () => {
    for (const namespace of [own, first]) await bindRole(cluster, "narrow", namespace);
    const sources = await start("narrow", [first]);
    await sources["config-map"].untilNames("listed");
    await sources["model-registration"].untilNames("first-registered");
    await sources.discovery.untilNames("first-served");
    await until(() => new Set(requestsOf("narrow").filter((one) => one.startsWith("watch"))).size === 3);
    expect(new Set(requestsOf("narrow"))).toEqual(
      new Set([
        `list configmaps ${own}`,
        `watch configmaps ${own}`,
        `list modelregistrations ${first}`,
        `watch modelregistrations ${first}`,
        `list inferenceservices ${first}`,
        `watch inferenceservices ${first}`,
      ]),
    );
    for (const source of Object.values(sources)) expect(source.troubles).toEqual([]);
  });

  it("allow no writes, and no reads of other ConfigMaps", async () => {
    await bindClusterRole(cluster, "reader");
    await bindRole(cluster, "reader", own);
    const reader = createKubeApi({ server: cluster.server, ca: cluster.ca, token: await cluster.tokenOf("reader") });
    const registrations = `/apis/aiops.platform.io/v1alpha1/namespaces/${first}/modelregistrations`;
    const statuses = [
      await reader.send("GET", `${registrations}/first-registered`),
      await reader.send("DELETE", `${registrations}/first-registered`),
      await reader.send("POST", registrations, registration("written", first)),
      await reader.send("GET", `/api/v1/namespaces/${own}/configmaps/kserve-model-registry`),
      await reader.send("GET", `/api/v1/namespaces/${own}/configmaps/kube-root-ca.crt`),
      await reader.send("GET", `/api/v1/namespaces/${own}/configmaps`),
      await reader.send("GET", `/api/v1/namespaces/${own}/secrets`),
    ].map(({ status }) => status);
    expect(statuses).toEqual([200, 403, 403, 200, 403, 403, 403]);
  });
});

describe("a service without rights", () => {
  it("says which verb on which resource is missing, and is well again once it is granted", async () => {
    const sources = await start("newcomer", []);
    await until(() => Object.values(sources).every((source) => source.trouble() !== undefined));
    expect(sources["model-registration"].trouble()).toBe(
      "not allowed to list modelregistrations.aiops.platform.io in all namespaces (403): " +
        'modelregistrations.aiops.platform.io is forbidden: User "system:serviceaccount:default:newcomer" cannot list ' +
        'resource "modelregistrations" in API group "aiops.platform.io" at the cluster scope; ' +
        "grant the verbs get, list and watch on it, or name the namespaces to watch in KSERVE_WATCH_NAMESPACES",
    );
    expect(sources["config-map"].trouble()).toContain(`not allowed to list configmaps in namespace ${own} (403)`);
    expect(sources.discovery.snapshots).toEqual([]);
    await bindClusterRole(cluster, "newcomer");
    await bindRole(cluster, "newcomer", own);
    await sources["config-map"].untilNames("listed");
    await sources["model-registration"].untilNames("first-registered", "second-registered");
    await until(() => Object.values(sources).every((source) => source.trouble() === undefined));
  });

  it("keeps what it has when a right is taken away, and says that it does not see changes", async () => {
    await bindRole(cluster, "dismissed", first);
    const { "model-registration": source } = await start("dismissed", [first], ["model-registration"]);
    await source.untilNames("first-registered");
    const binding = {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: "dismissed", namespace: first },
    };
    await cluster.api.delete(binding);
    // A watch that is open stays open: rights are asked for when it is opened.
    await cluster.killApiServer();
    await cluster.startApiServer();
    await until(() => source.trouble()?.includes("(403)") === true, "the 403 is reported", 30_000);
    expect(source.names()).toEqual(["first-registered"]);
  });

  it("hands over the models of those namespaces that it may read", async () => {
    await bindRole(cluster, "half", first);
    const { "model-registration": source } = await start("half", [first, second], ["model-registration"]);
    await source.untilNames("first-registered");
    expect(source.trouble()).toContain(
      `not allowed to list modelregistrations.aiops.platform.io in namespace ${second}`,
    );
    await bindRole(cluster, "half", second);
    await source.untilNames("first-registered", "second-registered");
    await until(() => source.trouble() === undefined);
  });

  it("registers models without the facts of InferenceServices, and takes that for no trouble", async () => {
    const role = {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: { name: "no-facts", namespace: first },
      rules: [{ apiGroups: ["aiops.platform.io"], resources: ["modelregistrations"], verbs: ["list", "watch"] }],
    };
    const binding = {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: "no-facts", namespace: first },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "no-facts" },
      subjects: [{ kind: "ServiceAccount", name: "no-facts", namespace: "default" }],
    };
    await cluster.api.apply([role, binding]);
    const { "model-registration": source } = await start("no-facts", [first], ["model-registration"]);
    await source.untilNames("first-registered");
    expect(source.troubles).toEqual([]);
    expect(source.last().inferenceServices).toEqual([]);
    await bindRole(cluster, "no-facts-any-more", first);
    await cluster.api.apply({ ...role, rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["list", "watch"] }] });
    await until(() => source.last().inferenceServices?.length === 1, "the facts are there", 20_000);
  });
});
