import { isDeepStrictEqual } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import type { Values } from "./support/chart.ts";
import { podsOf, render } from "./support/chart.ts";
import { release, upgradeRelease } from "./support/helm-release.ts";
import { sharedCluster, type TestCluster } from "./support/test-cluster.ts";
import { adr039, adr040 } from "./support/value-matrix.ts";

let cluster: TestCluster;

beforeAll(() => {
  cluster = sharedCluster();
});

const models = [
  { name: "anomaly-detector", service: "anomaly-detector-predictor", type: "anomaly" },
  { name: "predictive-analytics", service: "predictive-analytics-predictor", type: "predictive" },
];

describe("pods with the same registry are the same, so that nothing restarts", () => {
  it.each<[string, Values, Values]>([
    ["services and models", adr039, adr040],
    ["both places", adr040, { kserve: { namespace: "self-healing-platform", models } }],
    ["another order", { kserve: { models } }, { kserve: { models: models.toReversed() } }],
    [
      "one of each",
      { kserve: { models } },
      { kserve: { models: [models[1]], services: { anomaly_detector: "anomaly-detector-predictor" } } },
    ],
    [
      "other models, where they are read live",
      { registry: { mode: "configmap" }, kserve: { models } },
      { registry: { mode: "configmap" }, kserve: { models: [models[0]] } },
    ],
    [
      "other registrations",
      { registry: { mode: "crd" }, kserve: { models } },
      { registry: { mode: "crd" }, kserve: { models: [models[0]] } },
    ],
    [
      "another Service and more alerts",
      {},
      { service: { headless: true }, metrics: { prometheusRule: { enabled: true } } },
    ],
  ])("however it is written: %s", async (_, one, other) => {
    expect(podsOf(await render(one))).toEqual(podsOf(await render(other)));
  });

  it("and other pods where the registry is another", async () => {
    const one = podsOf(await render({ kserve: { models } }));
    const other = podsOf(await render({ kserve: { models: [models[0]] } }));
    expect(isDeepStrictEqual(one, other)).toBe(false);
  });
});

describe("an upgrade from services to models, and back", () => {
  it("leaves the Deployment as it is, for Kubernetes to have nothing to roll out", async () => {
    const namespace = await cluster.restrictedNamespace();
    const deployment = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: release, namespace } };
    const generations: unknown[] = [];
    for (const values of [adr039, adr040, adr039]) {
      await upgradeRelease(cluster, namespace, values);
      const { metadata } = await cluster.api.get(deployment);
      generations.push(metadata.generation);
    }
    // Kubernetes counts a change of the spec, and rolls out a change of the pods.
    expect(generations).toEqual([1, 1, 1]);
  });

  it("rolls out once where a model comes, and not again", async () => {
    const namespace = await cluster.restrictedNamespace();
    const deployment = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: release, namespace } };
    const more = { kserve: { models: [...models, { ...models[0], name: "disk-failure-predictor" }] } };
    const generations: unknown[] = [];
    for (const values of [adr039, more, more]) {
      await upgradeRelease(cluster, namespace, { ...values });
      generations.push((await cluster.api.get(deployment)).metadata.generation);
    }
    expect(generations).toEqual([1, 2, 2]);
  });
});
