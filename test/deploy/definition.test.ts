/** Who has the definition of ModelRegistrations, and what becomes of it when a release changes or goes. */
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { registration } from "../kube/support/manifests.ts";
import { until } from "../support/until.ts";
import { only, render, type Values } from "./support/chart.ts";
import { uninstallRelease, upgradeRelease } from "./support/helm-release.ts";
import { startOwnCluster } from "./support/test-cluster.ts";

let cluster: Awaited<ReturnType<typeof startOwnCluster>>;
let namespace: string;

beforeAll(async () => {
  cluster = await startOwnCluster();
});
afterAll(() => cluster.stop());

const isThere = async (): Promise<boolean> => {
  const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/modelregistrations.aiops.platform.io";
  return (await cluster.api.send("GET", path)).status === 200;
};

beforeEach(async () => {
  namespace = await cluster.restrictedNamespace();
  await cluster.api.delete(only(await render({}), "CustomResourceDefinition"));
  await until(async () => !(await isThere()), "there is no definition", 20_000);
});

const upgrade = (values: Values): Promise<string> => upgradeRelease(cluster, namespace, values);

it("stays when a release goes, as usual", async () => {
  await upgrade({});
  expect(await isThere()).toBe(true);
  await uninstallRelease(cluster, namespace);
  expect(await isThere()).toBe(true);
});

it("goes with its release, and its objects too, where crds.keep is false", async () => {
  await upgrade({ crds: { keep: false } });
  const list = `/apis/aiops.platform.io/v1alpha1/namespaces/${namespace}/modelregistrations`;
  await until(async () => (await cluster.api.send("GET", list)).status === 200, "it is served", 10_000);
  await cluster.api.apply(registration("m", namespace));
  // The models of the values may be registered once it is there.
  await upgrade({
    crds: { keep: false },
    registry: { mode: "crd" },
    kserve: { models: [{ name: "own", service: "x", type: "anomaly" }] },
  });
  expect((await cluster.api.send("GET", list)).body.items).toHaveLength(2);
  await uninstallRelease(cluster, namespace);
  await until(async () => !(await isThere()), "it is gone", 20_000);
});

it.each<[string, Values]>([
  ["is kept from now on", { crds: { keep: true } }],
  ["is somebody else's from now on", { crds: { enabled: false, keep: false } }],
])("of a release %s, through upgrades and its end", async (_, values) => {
  await upgrade({ crds: { keep: false } });
  for (let i = 0; i < 2; i++) {
    await upgrade({ ...values, podLabels: { revision: `r${i}` } });
    expect(await isThere()).toBe(true);
  }
  await uninstallRelease(cluster, namespace);
  expect(await isThere()).toBe(true);
});
