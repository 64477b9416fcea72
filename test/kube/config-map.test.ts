import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDocumentReader } from "../../src/sources/document-reader.ts";
import { createConfigMapSource } from "../../src/sources/kube/config-map.ts";
import { until } from "../support/until.ts";
import { clientOf } from "./support/access.ts";
import { type Cluster, startCluster } from "./support/cluster.ts";
import type { KubeObject } from "./support/kube-api.ts";
import { modelsConfigMap, newNamespace } from "./support/manifests.ts";
import { type StartedSource, startSource } from "./support/started-source.ts";

const name = "kserve-model-registry";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster?.stop());

function watch(namespace: string, read = createDocumentReader("self-healing-platform")): StartedSource {
  return startSource(
    createConfigMapSource({
      client: clientOf(cluster.kubeconfig),
      cluster: "",
      trusts: () => true,
      namespace,
      name,
      read,
      againMs: 20,
    }),
  );
}

const one = "models: [{name: one, service: one-predictor, type: anomaly}]";
const two = `${one.slice(0, -1)}, {name: two, service: two-predictor, type: predictive}]`;

describe("the source of a ConfigMap", () => {
  it("reads it again, as it is, when the machine was too busy to read it", async () => {
    const namespace = await newNamespace(cluster.api);
    await cluster.api.apply(modelsConfigMap(name, namespace, { "models.yaml": one }));
    const read = createDocumentReader("self-healing-platform");
    let asked = 0;
    const source = watch(namespace, async (text, where) =>
      asked++ === 0 ? { problem: `${where}: takes too long`, mayPass: true } : read(text, where),
    );
    await source.untilNames("one");
  });

  it("takes the ConfigMap of the decision record as it stands there", async () => {
    const namespace = await newNamespace(cluster.api);
    await cluster.api.apply(`
apiVersion: v1
kind: ConfigMap
metadata:
  name: kserve-model-registry
  namespace: ${namespace}
data:
  models.yaml: |
    models:
      - name: anomaly-detector
        service: anomaly-detector-predictor
        namespace: self-healing-platform
        type: anomaly
        triggers:
          - metric_anomaly
          - resource_spike
      - name: disk-failure-predictor
        service: disk-failure-predictor-predictor
        namespace: storage-monitoring
        type: predictive
        triggers:
          - disk_utilization_high
        inputFeatures:
          - disk_utilization
          - iops
          - disk_age_days
`);
    const source = watch(namespace);
    await source.untilNames("anomaly-detector", "disk-failure-predictor");
    const located = source.entry("disk-failure-predictor");
    expect(located?.location).toContain(`ConfigMap ${namespace}/${name}`);
    expect(located?.entry).toMatchObject({
      namespace: "storage-monitoring",
      triggers: [{ name: "disk_utilization_high" }],
      inputFeatures: [{ name: "disk_utilization" }, { name: "iops" }, { name: "disk_age_days" }],
    });
  });

  it("has no models while there is no ConfigMap, and follows one that comes, changes and goes", async () => {
    const namespace = await newNamespace(cluster.api);
    const source = watch(namespace);
    await source.untilNames();
    const configMap = (text: string): KubeObject => modelsConfigMap(name, namespace, { "models.yaml": text });
    await cluster.api.apply(modelsConfigMap("another", namespace, { "models.yaml": two }));
    await cluster.api.apply(configMap(one));
    await source.untilNames("one");
    await cluster.api.apply(configMap(two));
    await source.untilNames("one", "two");
    await cluster.api.delete(configMap(two));
    await source.untilNames();
    expect(source.troubles).toEqual([]);
  });

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ["is not YAML", { "models.yaml": "models: [" }, "line 1"],
    ["holds no list", { "models.yaml": "modells: []" }, "models"],
    ["has another key", { "model.yaml": one }, "has no key models.yaml"],
  ])("keeps the last good one, and says so, while it %s", async (_, data, words) => {
    const namespace = await newNamespace(cluster.api);
    await cluster.api.apply(modelsConfigMap(name, namespace, { "models.yaml": one }));
    const source = watch(namespace);
    await source.untilNames("one");
    await cluster.api.apply(modelsConfigMap(name, namespace, data));
    await until(() => source.trouble() !== undefined);
    expect(source.trouble()).toContain(words);
    expect(source.names()).toEqual(["one"]);
    await cluster.api.apply(modelsConfigMap(name, namespace, { "models.yaml": two }));
    await source.untilNames("one", "two");
    await until(() => source.trouble() === undefined);
  });

  it("hands over nothing when the first one cannot be read", async () => {
    const namespace = await newNamespace(cluster.api);
    await cluster.api.apply(modelsConfigMap(name, namespace, { "models.yaml": "models: 7" }));
    const source = watch(namespace);
    await until(() => source.trouble() !== undefined);
    expect(source.snapshots).toEqual([]);
  });

  it("leaves out a bad entry, names it, and serves the others", async () => {
    const namespace = await newNamespace(cluster.api);
    const text = `${two.slice(0, -1)}, {name: three, service: s, type: magic}]`;
    await cluster.api.apply(modelsConfigMap(name, namespace, { "models.yaml": text }));
    const source = watch(namespace);
    await source.untilNames("one", "two");
    expect(source.last().refused).toEqual([
      expect.objectContaining({ name: "three", problems: [expect.objectContaining({ field: "type" })] }),
    ]);
  });
});
