/** The alerts about the controller: what real processes of a release measure, with the rights of its account. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shippedFlags } from "../../measure/shipped-flags.ts";
import { registration } from "../kube/support/manifests.ts";
import { readMetrics } from "../support/metric-lines.ts";
import { startRegistry } from "../support/running-service.ts";
import { until } from "../support/until.ts";
import { controllerJob, firing, type Metrics, replayed, rulesOf, type Series, up } from "./support/alerts.ts";
import { type BuiltProgram, startBuiltProgram } from "./support/built-program.ts";
import { environmentOfPods, podsOf, render } from "./support/chart.ts";
import { release, uninstallRelease, upgradeRelease } from "./support/helm-release.ts";
import { sharedCluster, type TestCluster } from "./support/test-cluster.ts";

const name = `${release}-controller`;
const waiting = "kserve_registry_controller_statuses_waiting";
const statuses = (outcome: string): string => `kserve_registry_controller_statuses_total{outcome="${outcome}"}`;

let cluster: TestCluster;
let namespace: string;
let env: Record<string, string>;
let folder: string;
const running: BuiltProgram[] = [];

beforeAll(async () => {
  cluster = sharedCluster();
  namespace = await cluster.restrictedNamespace();
  folder = mkdtempSync(join(tmpdir(), "kserve-model-registry-controller-alerts-"));
  const values = {
    registry: { mode: "crd", watchNamespaces: [namespace] },
    controller: { enabled: true, replicaCount: 2, links: { enabled: true, namespaces: [namespace] } },
  };
  await upgradeRelease(cluster, namespace, values);
  const kubeconfig = join(folder, "controller.kubeconfig");
  writeFileSync(kubeconfig, await cluster.kubeconfigOf(name, namespace));
  env = { ...environmentOfPods(podsOf(await render(values, { namespace }), name), namespace), KUBECONFIG: kubeconfig };
});

afterAll(async () => {
  for (const controller of running) await controller.stop();
  await uninstallRelease(cluster, namespace);
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a process of the controller as its pods do. */
async function startController(nodeFlags: readonly string[] = []): Promise<BuiltProgram> {
  const controller = await startBuiltProgram(["controller"], env, undefined, nodeFlags);
  running.push(controller);
  return controller;
}

/** Waits until the metrics of a process are as they should be, and returns them. */
async function metricsWhen({ url, output }: BuiltProgram, test: (metrics: Metrics) => boolean): Promise<Metrics> {
  let metrics: Metrics = new Map();
  await until(
    async () => {
      metrics = await readMetrics(url);
      return test(metrics);
    },
    `the controller is so: ${output()}`,
    30_000,
  );
  return metrics;
}

const leads = (metrics: Metrics): boolean => metrics.get("kserve_registry_controller_leading") === 1;
const hasRead = (metrics: Metrics): boolean =>
  [...metrics].every(([series, value]) => !series.startsWith("kserve_registry_source_up") || value === 1);

describe("the alerts about the controller", () => {
  const links = { enabled: true, registryUrl: "http://registry.ml.svc:8080" };
  const rules = rulesOf({}, { controller: { enabled: true, links } });
  /** A server that is well, and pods of the controller with what they measured before and after a while. */
  const alerts = async (...controllers: readonly (readonly [before: Metrics, after: Metrics])[]): Promise<string[]> => {
    const served = await readMetrics((await startRegistry()).url);
    const ofControllers = controllers.flatMap(([before, after], i): Series[] => [
      up(`c${i}`, undefined, controllerJob),
      ...replayed(before, after, `c${i}`, { job: controllerJob }),
    ]);
    return await firing([up("a"), ...replayed(served, served, "a"), ...ofControllers], await rules);
  };

  it("are silent while one process writes and another waits, and raised by statuses that may not be written", async () => {
    const leader = await startController();
    await metricsWhen(leader, leads);
    const other = await startController();
    const standby = await metricsWhen(other, hasRead);
    await cluster.api.apply(registration("m", namespace, { modelType: "anomaly", url: "http://127.0.0.1:1" }));
    const well = await metricsWhen(
      leader,
      (metrics) => hasRead(metrics) && (metrics.get(statuses("written")) ?? 0) > 0 && metrics.get(waiting) === 0,
    );
    expect(leads(standby)).toBe(false);
    expect(await alerts([well, well], [standby, standby])).toEqual([]);

    const role = await cluster.api.get({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: { name, namespace },
    });
    const rulesOfRole = role.rules as { resources: string[] }[];
    const without = rulesOfRole.filter(({ resources }) => !resources.includes("modelregistrations/status"));
    await cluster.api.apply({
      apiVersion: role.apiVersion,
      kind: role.kind,
      metadata: { name, namespace },
      rules: without,
    });
    await cluster.api.apply(registration("m", namespace, { modelType: "anomaly", url: "http://127.0.0.1:2" }));
    const refused = await metricsWhen(leader, (metrics) => (metrics.get(statuses("failed")) ?? 0) >= 2);
    expect(await alerts([well, refused], [standby, standby])).toEqual(["KServeModelRegistryStatusesNotWritten"]);
  });

  it("are raised by InferenceServices that cannot be linked, and by those that went without the registry hearing of it", async () => {
    const [leader] = running as [BuiltProgram];
    const well = await metricsWhen(leader, leads);
    const labels = { "modelregistry.kubeflow.org/registered-model-id": "1" };
    const service = { apiVersion: "serving.kserve.io/v1beta1", kind: "InferenceService" };
    await cluster.api.apply({ ...service, metadata: { name: "disk", namespace, labels }, spec: {} });
    const links = "kserve_registry_controller_links";
    // The Service of the release is taken for a registry, and nobody answers at its address here.
    const failing = await metricsWhen(
      leader,
      (metrics) => metrics.get(`${links}_failing{reason="RegistryFailed"}`) === 1,
    );
    expect(await alerts([failing, failing])).toEqual(["KServeModelLinksFail"]);
    await cluster.api.delete({ ...service, metadata: { name: "disk", namespace } });
    const notUpdated = await metricsWhen(leader, (metrics) => metrics.get(`${links}_not_updated_total`) === 1);
    expect(await alerts([well, notUpdated])).toContain("KServeModelLinksNotUpdated");
    expect(await alerts([notUpdated, notUpdated])).not.toContain("KServeModelLinksNotUpdated");
  });

  it("are raised where no process may have the Lease, or none is scraped", async () => {
    const binding = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings/${name}-lease`;
    for (const controller of running.splice(0)) await controller.stop();
    expect((await cluster.api.send("DELETE", binding)).status).toBe(200);
    const controller = await startController();
    await until(() => controller.output().includes("The Lease cannot be acquired"), "the Lease is refused", 20_000);
    const metrics = await metricsWhen(controller, hasRead);
    expect(await alerts([metrics, metrics])).toEqual(["KServeModelRegistryNoLeader"]);
    expect(await alerts()).toEqual(["KServeModelRegistryNoLeader"]);
  });

  it("are raised by a process of the controller that cannot be scraped, or lacks memory, as by one of the server", async () => {
    const controller = await startController([...shippedFlags, "--max-old-space-size=64"]);
    const metrics = await readMetrics(controller.url);
    const controllers = replayed(metrics, metrics, "c", { job: controllerJob });
    const tight = await rulesOf({ memoryRatio: 0.2 }, { controller: { enabled: true } });
    expect(await firing([up("c", "0x120", controllerJob)], await rules)).toContain("KServeModelRegistryTargetDown");
    expect(await firing(controllers, tight)).toContain("KServeModelRegistryMemory");
    expect(await firing(controllers, await rules)).not.toContain("KServeModelRegistryMemory");
  });
});
