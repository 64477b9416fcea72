import { afterAll, beforeAll, expect, it } from "vitest";
import { migrateModelsFile } from "../../src/documents/migrate-models-file.ts";
import type { FileForm } from "../../src/documents/models-file.ts";
import { type Cluster, startCluster } from "./support/cluster.ts";
import { installModelRegistrations, newNamespace } from "./support/manifests.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await installModelRegistrations(cluster.api);
});
afterAll(() => cluster?.stop());

function migrate(text: string, form: FileForm, namespace?: string): string {
  const migration = migrateModelsFile(text, form, {
    configMapName: "kserve-model-registry",
    types: {},
    ...(namespace === undefined ? {} : { namespace }),
  });
  if ("problems" in migration) throw new Error(migration.problems.map(({ message }) => message).join("\n"));
  return migration.text;
}

it("migrates models to resources that the API server takes, and what it gives back to the same models", async () => {
  const models = [
    { name: "by-service", service: "not-kserve", type: "anomaly", port: 9000, model: "m", timeout: "30s" },
    { name: "by-url", type: "classification", url: "https://models.example:8443/prefix", forwardAuthorization: true },
    {
      name: "disks",
      service: "disk-failure-predictor",
      namespace: "storage-monitoring",
      type: "predictive",
      description: "Predicts: disk failures",
      triggers: ["resource_spike", { type: "metric-threshold", metric: "disk_utilization", threshold: 85 }],
      inputFeatures: [
        { name: "disk_utilization", type: "number", unit: "%", min: 0, max: 100 },
        { name: "iops", type: "integer", default: 0 },
        { name: "kind", type: "string", values: ["ssd", "hdd"] },
      ],
      inputFormat: "record",
      outputFormat: { field: "failure_probability", threshold: 0.7, labels: { "1": "failing" } },
      remediationActions: [{ type: "scale-storage", target: "increase-capacity", by: 2 }],
    },
  ];
  const namespace = await newNamespace(cluster.api);
  await cluster.api.apply(migrate(JSON.stringify(models), "model-registration", namespace));
  const { body } = await cluster.api.send(
    "GET",
    `/apis/aiops.platform.io/v1alpha1/namespaces/${namespace}/modelregistrations`,
  );
  const back = JSON.parse(migrate(JSON.stringify(body), "list")) as { name: string }[];
  const first = JSON.parse(migrate(JSON.stringify(models), "list", namespace));
  expect(back).toEqual(first.map((model: { model?: string; name: string }) => expect.objectContaining(model)));
});
