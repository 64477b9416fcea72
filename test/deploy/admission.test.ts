import { globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { KubeObject } from "../kube/support/kube-api.ts";
import { output } from "../peers/support/run.ts";
import { objectsOf, render } from "./support/chart.ts";
import { applyAll } from "./support/discovery.ts";
import { release, uninstallRelease, upgradeRelease } from "./support/helm-release.ts";
import { kustomizeDir, programs } from "./support/paths.ts";
import { sharedCluster, type TestCluster } from "./support/test-cluster.ts";
import { adr039, adr040, valueMatrix } from "./support/value-matrix.ts";

/** The namespaces that the values and the manifests name. */
const platform = "self-healing-platform";
const namespaces = [platform, "storage-monitoring", "coordination", "monitoring", "kubeflow", "model-registry", "123"];
let cluster: TestCluster;

beforeAll(async () => {
  cluster = sharedCluster();
  for (const name of namespaces) await cluster.restrictedNamespace(name);
});

let pods = 0;

/** The pods of Deployments, as Pods: without controllers nobody else would put them before the admission. */
function withPods(objects: readonly KubeObject[]): KubeObject[] {
  return objects.flatMap((object) => {
    if (object.kind !== "Deployment") return [object];
    const { metadata, spec } = (object.spec as { template: { metadata: object; spec: object } }).template;
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { ...metadata, name: `pod-${++pods}` }, spec };
    return [object, pod];
  });
}

const refused = async (objects: readonly KubeObject[], namespace: string, dryRun: boolean): Promise<object[]> =>
  (await applyAll(cluster.api, withPods(objects), namespace, { dryRun })).filter(
    ({ status, warnings }) => status >= 300 || warnings !== "",
  );

describe("an API server that admits restricted pods only", () => {
  it("refuses and warns where it should", async () => {
    const pod = { containers: [{ name: "a", image: "a", securityContext: { allowPrivilegeEscalation: true } }] };
    const deployment = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "a" },
      spec: { selector: { matchLabels: { a: "a" } }, template: { metadata: { labels: { a: "a" } }, spec: pod } },
    };
    expect(await refused([deployment], platform, true)).toMatchObject([
      { object: "Deployment/a", warnings: expect.stringContaining("would violate PodSecurity") },
      { object: expect.stringMatching("Pod/"), status: 403, message: expect.stringContaining("violates PodSecurity") },
    ]);
  });

  it.each(Object.entries(valueMatrix))("takes the chart with %s, by a dry run", async (_, values) => {
    const objects = await render(values, { namespace: platform });
    expect(await refused(objects, platform, true)).toEqual([]);
  });

  const folders = [
    "base",
    "crd",
    "overlays/config-map",
    "overlays/discovery",
    "overlays/model-registration",
    "overlays/db",
    "overlays/postgres",
    "overlays/single-namespace",
    "options/csi",
    "options/catalog/base",
    "options/catalog/options/istio",
    "options/catalog/overlays/demo",
    "options/catalog/overlays/odh",
    "options/controller/metrics",
    "options/controller/network-policy",
    "options/controller/overlays/base",
    "options/istio",
    "options/ui/base",
    "options/ui/overlays/istio",
    "options/ui/overlays/kubeflow",
    "options/ui/overlays/standalone",
    "options/versions-access",
  ];
  /** Without the rest of the controller, or without a namespace for its account, these are nothing. */
  const parts = ["options/controller/default", "options/controller/manager", "options/controller/rbac"];

  it("is asked about every folder that can be applied by itself", () => {
    const all = globSync("**/kustomization.yaml", { cwd: kustomizeDir }).map(dirname);
    const applied = all.filter((folder) => !folder.startsWith("components/") && !parts.includes(folder));
    expect([...folders].sort()).toEqual(applied.sort());
  });

  it.each(folders)("takes %s, by a dry run and for real", async (folder) => {
    const objects = objectsOf(await output(programs.kustomize, ["build", `${kustomizeDir}/${folder}`]));
    expect(await refused(objects, platform, true)).toEqual([]);
    expect(await refused(objects, platform, false)).toEqual([]);
  });

  it.each([[[]], [["--server-side"]]])(
    "takes from kubectl apply %j a ClusterStorageContainer with the namespace of somebody's kustomization",
    async (options) => {
      const [container] = objectsOf(await output(programs.kustomize, ["build", `${kustomizeDir}/options/csi`]));
      const name = `csi-${options.length}`;
      const folder = mkdtempSync(join(tmpdir(), "csi-"));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      const file = join(folder, "csi.json");
      writeFileSync(file, JSON.stringify({ ...container!, metadata: { name, namespace: "ml" } }));
      const apply = () =>
        output(programs.kubectl, ["--kubeconfig", cluster.kubeconfig, "apply", ...options, "-n", "ml", "-f", file]);
      expect(await apply()).toContain(`${name} ${options.length > 0 ? "serverside-applied" : "created"}`);
      expect(await apply()).toContain(`${name} ${options.length > 0 ? "serverside-applied" : "unchanged"}`);
    },
  );

  /** The patterns of the documents: what is applied one after the other with `kubectl apply -k FOLDER -n NAMESPACE`. */
  const patterns: readonly (readonly [name: string, namespace: string, ...folders: string[]])[] = [
    ["Kubeflow's dashboard", "kubeflow", "overlays/db", "options/istio", "options/ui/overlays/kubeflow"],
    ["standing alone", "model-registry", "overlays/postgres", "options/ui/overlays/standalone"],
    [
      ...["with a catalog", "kubeflow", "overlays/db", "options/catalog/overlays/demo"],
      ...["options/istio", "options/catalog/options/istio"],
    ] as [string, string],
    ["with KServe's storage initializer", "kubeflow", "options/csi", "overlays/db"],
    ["with the controller", "kubeflow", "overlays/db", "options/controller/overlays/base"],
  ];

  it.each(patterns)("takes the pattern %s in %s: %s %s %s %s", async (_, namespace, ...built) => {
    for (const folder of built) {
      const objects = objectsOf(await output(programs.kustomize, ["build", `${kustomizeDir}/${folder}`]));
      // kubectl refuses objects of another namespace than the one that it is given.
      const elsewhere = objects.filter(({ kind, metadata }) => {
        return metadata.namespace !== undefined && metadata.namespace !== namespace && !kind.startsWith("Cluster");
      });
      expect(elsewhere).toEqual([]);
      expect(await refused(objects, namespace, false)).toEqual([]);
    }
  });

  it.each([
    ["the defaults", {}],
    ["ADR-039", adr039],
    ["ModelRegistrations and the controller", { ...adr040, registry: { mode: "crd" }, controller: { enabled: true } }],
    ["every source at once", valueMatrix["every source at once"]!],
    ["monitoring", valueMatrix.monitoring!],
    ["OpenShift", valueMatrix["OpenShift with its service CA"]!],
  ])("takes a release with %s from helm, with its pods, and gives it up again", async (_, values) => {
    const namespace = await cluster.restrictedNamespace();
    await upgradeRelease(cluster, namespace, values);
    const rendered = (await render(values, { namespace })).filter(({ kind }) => kind === "Deployment");
    expect(rendered.length).toBeGreaterThan(0);
    for (const deployment of rendered) {
      const [, pod] = withPods([await cluster.api.get(deployment)]);
      expect(await refused([pod!], namespace, false)).toEqual([]);
    }
    await uninstallRelease(cluster, namespace);
    const { body } = await cluster.api.send("GET", `/apis/apps/v1/namespaces/${namespace}/deployments`);
    expect((body as { items: KubeObject[] }).items.filter(({ metadata }) => metadata.name.startsWith(release))).toEqual(
      [],
    );
  });
});
