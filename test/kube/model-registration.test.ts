import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createModelRegistrationSource } from "../../src/sources/kube/model-registration.ts";
import { until } from "../support/until.ts";
import { clientOf } from "./support/access.ts";
import { type Cluster, startCluster } from "./support/cluster.ts";
import { collectionOf } from "./support/kube-api.ts";
import { installModelRegistrations, newNamespace, registration, withoutSchema } from "./support/manifests.ts";
import { projectDir } from "./support/paths.ts";
import { type StartedSource, startSource } from "./support/started-source.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await installModelRegistrations(cluster.api);
});
afterAll(() => cluster?.stop());

function watch(...namespaces: string[]): StartedSource {
  return startSource(
    createModelRegistrationSource({
      client: clientOf(cluster.kubeconfig),
      cluster: "",
      trusts: () => true,
      namespaces,
    }),
  );
}

const fromTheDecisionRecord = `
apiVersion: aiops.platform.io/v1alpha1
kind: ModelRegistration
metadata:
  name: disk-failure-predictor
  namespace: NAMESPACE
spec:
  kserveInferenceService: "disk-failure-predictor"
  namespace: storage-monitoring
  modelType: predictive
  triggers:
    - type: metric-threshold
      metric: disk_utilization
      threshold: 85
  inputFeatures:
    - disk_utilization
    - iops
    - disk_age_days
  outputFormat:
    field: failure_probability
    threshold: 0.7
  remediationActions:
    - type: alert
      severity: warning
    - type: scale-storage
      target: increase-capacity
`;

describe("the source of ModelRegistrations", () => {
  it("takes the resource of the decision record as it stands there", async () => {
    const namespace = await newNamespace(cluster.api);
    await cluster.api.apply(fromTheDecisionRecord.replace("NAMESPACE", namespace));
    const source = watch(namespace);
    await source.untilNames("disk-failure-predictor");
    expect(source.entry("disk-failure-predictor")).toEqual({
      location: `ModelRegistration ${namespace}/disk-failure-predictor`,
      created: expect.any(String),
      entry: expect.objectContaining({
        name: "disk-failure-predictor",
        service: "disk-failure-predictor-predictor",
        namespace: "storage-monitoring",
        model: "disk-failure-predictor",
        type: "predictive",
        url: undefined,
        triggers: [{ type: "metric-threshold", metric: "disk_utilization", threshold: 85, comparison: ">=" }],
        inputFeatures: [{ name: "disk_utilization" }, { name: "iops" }, { name: "disk_age_days" }],
        outputFormat: { field: "failure_probability", threshold: 0.7, comparison: ">=" },
        remediationActions: [
          { type: "alert", severity: "warning" },
          { type: "scale-storage", target: "increase-capacity" },
        ],
      }),
    });
    expect(source.troubles).toEqual([]);
  });

  it("takes the example of docs/KUBERNETES.md", async () => {
    const page = readFileSync(join(projectDir, "docs/KUBERNETES.md"), "utf8");
    const example = /```yaml\n(apiVersion: aiops[^`]*)```/.exec(page)![1]!;
    const namespace = await newNamespace(cluster.api, "storage-monitoring");
    await cluster.api.apply(example);
    const source = watch(namespace);
    await source.untilNames("disk-failure-predictor");
    expect(source.entry("disk-failure-predictor")?.entry.inputFeatures[0]).toEqual({
      name: "disk_utilization",
      type: "number",
      unit: "percent",
      min: 0,
      max: 100,
    });
  });

  it("takes every declaration that the registry knows", async () => {
    const namespace = await newNamespace(cluster.api);
    await cluster.api.apply(
      registration("all-of-it", namespace, {
        service: "my-server",
        port: 8080,
        model: "v2.disk",
        modelType: "classification",
        description: "all",
        timeout: "1.5m",
        forwardAuthorization: true,
        inputFormat: "record",
        inputFeatures: ["iops", "state", "free"],
        featureDeclarations: [
          { name: "state", type: "string", values: ["up", "down"], default: "up" },
          { name: "iops", type: "integer", unit: "1/s", min: 0, max: 1_000_000, nullable: true, description: "reads" },
        ],
        outputFormat: { labels: { "-1": "anomaly", "1": "normal" }, field: "0", shape: [2] },
      }),
    );
    const source = watch(namespace);
    await source.untilNames("all-of-it");
    expect(source.entry("all-of-it")?.entry).toMatchObject({
      service: "my-server",
      namespace,
      port: 8080,
      model: "v2.disk",
      type: "classification",
      description: "all",
      timeoutMs: 90_000,
      forwardAuthorization: true,
      inputFormat: "record",
      inputFeatures: [
        { name: "iops", type: "integer", unit: "1/s", min: 0, max: 1_000_000, nullable: true, description: "reads" },
        { name: "state", type: "string", values: ["up", "down"], default: "up" },
        { name: "free" },
      ],
      outputFormat: { labels: { "-1": "anomaly", "1": "normal" }, field: "0", shape: [2] },
    });
  });

  it("follows what is added, changed and removed, and hands over what is as it was as the same object", async () => {
    const namespace = await newNamespace(cluster.api);
    const source = watch(namespace);
    await source.untilNames();
    await cluster.api.apply([registration("a", namespace), registration("b", namespace)]);
    await source.untilNames("a", "b");
    const [a, b] = [source.entry("a"), source.entry("b")];
    await cluster.api.apply(registration("b", namespace, { modelType: "anomaly", url: "http://elsewhere.example" }));
    await until(() => source.entry("b")?.entry.url === "http://elsewhere.example");
    expect(source.entry("a")).toBe(a);
    expect(source.entry("b")).not.toBe(b);
    await cluster.api.delete(registration("a", namespace));
    await source.untilNames("b");
  });

  it("takes no notice of a status", async () => {
    const namespace = await newNamespace(cluster.api);
    const source = watch(namespace);
    await cluster.api.apply(registration("a", namespace));
    await source.untilNames("a");
    const before = source.entry("a");
    await cluster.api.applyStatus({ ...registration("a", namespace), spec: undefined, status: { url: "http://x" } });
    // Another object that comes after it shows that the status has come too.
    await cluster.api.apply(registration("b", namespace));
    await source.untilNames("a", "b");
    expect(source.entry("a")).toBe(before);
  });

  it("hands over every object, each with its namespace and its age, for the registry to choose between", async () => {
    const [first, second] = [await newNamespace(cluster.api), await newNamespace(cluster.api)];
    await cluster.api.apply([registration("shared", first), registration("shared", second)]);
    const trusts = (one: string): boolean => one === first;
    const options = { client: clientOf(cluster.kubeconfig), cluster: "", trusts, namespaces: [first, second] };
    const source = startSource(createModelRegistrationSource(options));
    await source.untilNames("shared", "shared");
    const entries = [...source.last().entries].sort((a, b) => Number("tenant" in a) - Number("tenant" in b));
    const created = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(entries).toEqual([
      { location: `ModelRegistration ${first}/shared`, created, entry: expect.anything() },
      { location: `ModelRegistration ${second}/shared`, created, tenant: second, entry: expect.anything() },
    ]);
  });

  it("leaves out and reports what is older than the schema, and serves the rest", async () => {
    const namespace = await newNamespace(cluster.api);
    const bad: Readonly<Record<string, Record<string, unknown>>> = {
      "bad-type": { modelType: "magic", service: "s" },
      "no-target": { modelType: "anomaly" },
      "two-targets": { modelType: "anomaly", service: "s", url: "http://x" },
      "unknown-field": { modelType: "anomaly", service: "s", treshold: 1 },
      "other-names": { modelType: "anomaly", service: "s", name: "x" },
      "bad-features": { modelType: "anomaly", service: "s", inputFeatures: ["a", "a"] },
      "bad-declaration": {
        modelType: "anomaly",
        service: "s",
        inputFeatures: ["a"],
        featureDeclarations: [{ name: "a", type: "number", min: 2, max: 1 }],
      },
      "stray-declaration": {
        modelType: "anomaly",
        service: "s",
        inputFeatures: ["a"],
        featureDeclarations: [{ name: "b" }],
      },
      "long-service": { modelType: "anomaly", kserveInferenceService: "x".repeat(60) },
    };
    try {
      await installModelRegistrations(cluster.api, withoutSchema);
      // The old schema stays in force for a moment.
      const isAccepted = (name: string): Promise<boolean> =>
        cluster.api.apply(registration(name, namespace, bad[name])).then(
          () => true,
          () => false,
        );
      for (const name of Object.keys(bad)) await until(() => isAccepted(name), `${name} is accepted`, 20_000);
      await cluster.api.apply(registration("good", namespace));
      const source = watch(namespace);
      await source.untilNames("good");
      const lines = source
        .last()
        .refused.map(({ name, problems }) => [name, problems.map((p) => `${p.field}: ${p.message}`)]);
      expect(Object.fromEntries(lines)).toEqual({
        "bad-type": ['spec.modelType: expected anomaly, predictive or classification; found "magic"'],
        "no-target": [
          "spec.kserveInferenceService: expected exactly one of kserveInferenceService, service and url; found none of them",
        ],
        "two-targets": [
          "spec.kserveInferenceService: expected exactly one of kserveInferenceService, service and url; found service and url",
        ],
        "unknown-field": [expect.stringMatching(/^spec\.treshold: unknown field; /)],
        "other-names": ["spec.name: unknown field; metadata.name is the name of the model"],
        "bad-features": ['spec.inputFeatures[1]: the name "a" is used twice'],
        "bad-declaration": ["spec.featureDeclarations[0].min: expected at most max, which is 1; found 2"],
        "stray-declaration": ["spec.featureDeclarations[0].name: expected one of the names in inputFeatures"],
        "long-service": [expect.stringMatching(/^spec\.kserveInferenceService: expected a DNS label/)],
      });
    } finally {
      await installModelRegistrations(cluster.api);
      const probe = registration("probe", namespace, { modelType: "magic" });
      const isRefused = (): Promise<boolean> =>
        cluster.api.apply(probe).then(
          () => false,
          () => true,
        );
      await until(isRefused, "the schema is in force again", 20_000);
    }
  });
});

describe("the definition of ModelRegistration", () => {
  const refused: [spec: Readonly<Record<string, unknown>>, message: string][] = [
    [{ modelType: "anomaly" }, "exactly one of kserveInferenceService, service and url"],
    [{ modelType: "anomaly", service: "s", url: "http://x" }, "exactly one of kserveInferenceService, service and url"],
    [{ modelType: "anomaly", kserveInferenceService: "i", service: "s" }, "exactly one of kserveInferenceService"],
    [{ service: "s" }, "spec.modelType: Required value"],
    [{ modelType: "magic", service: "s" }, 'Unsupported value: "magic"'],
    [{ modelType: "anomaly", url: "http://x", port: 80 }, "write the port into the url"],
    [{ modelType: "anomaly", url: "http://user:secret@x" }, "spec.url"],
    [{ modelType: "anomaly", url: "ftp://x" }, "spec.url"],
    [{ modelType: "anomaly", service: "s", port: 70_000 }, "spec.port"],
    [{ modelType: "anomaly", service: "Not_A_Label" }, "spec.service"],
    [{ modelType: "anomaly", service: "s", model: "a//b" }, "spec.model"],
    [{ modelType: "anomaly", service: "s", timeout: "soon" }, "spec.timeout"],
    [{ modelType: "anomaly", service: "s", timeout: "20m" }, "a duration from 1s to 10m"],
    [{ modelType: "anomaly", service: "s", inputFormat: "record" }, "needs inputFeatures"],
    [{ modelType: "anomaly", service: "s", inputFeatures: ["a", "b", "a"] }, "a feature name is used twice"],
    [{ modelType: "anomaly", service: "s", inputFeatures: [{ name: "a" }] }, "spec.inputFeatures[0]: expected string"],
    [
      { modelType: "anomaly", service: "s", inputFeatures: ["a"], featureDeclarations: [{ name: "b" }] },
      "each of featureDeclarations describes one of inputFeatures",
    ],
    [
      { modelType: "anomaly", service: "s", featureDeclarations: [{ name: "b" }] },
      "each of featureDeclarations describes one of inputFeatures",
    ],
    [
      {
        modelType: "anomaly",
        service: "s",
        inputFeatures: ["a"],
        featureDeclarations: [{ name: "a", type: "number", min: 2, max: 1 }],
      },
      "min is above max",
    ],
    [
      { modelType: "anomaly", service: "s", inputFeatures: ["a"], featureDeclarations: [{ name: "a", min: 2 }] },
      "min and max need the type number or integer",
    ],
    [
      { modelType: "anomaly", service: "s", triggers: [{ type: "metric-threshold", metric: "m" }] },
      "a metric-threshold needs metric and threshold",
    ],
    [
      { modelType: "anomaly", service: "s", triggers: [{ type: "x", comparison: ">" }] },
      "a comparison needs a threshold",
    ],
    [{ modelType: "anomaly", service: "s", outputFormat: { comparison: ">" } }, "a comparison needs a threshold"],
    [{ modelType: "anomaly", service: "s", outputFormat: { threshold: 1, shape: [2] } }, "a list has no threshold"],
    [{ modelType: "anomaly", service: "s", outputFormat: { labels: {} } }, "labels"],
    [{ modelType: "anomaly", service: "s", description: "x".repeat(5000) }, "spec.description"],
    [{ modelType: "anomaly", service: "s", remediationActions: [{ severity: "x" }] }, "remediationActions"],
  ];

  const titled = refused.map(([spec, message]) => ({ spec, message, written: JSON.stringify(spec).slice(0, 80) }));
  it.each(titled)("says $message of $written", async ({ spec, message }) => {
    const object = registration("refused", "default", spec);
    await expect(cluster.api.apply(object)).rejects.toThrow(message);
  });

  it("refuses a field that it does not know, by its name, as kubectl asks it to", async () => {
    const object = registration("strict", "default", { modelType: "anomaly", service: "s", treshold: 1 });
    const { status, body } = await cluster.api.send("POST", `${collectionOf(object)}?fieldValidation=Strict`, object);
    expect([status, body.message]).toEqual([400, expect.stringContaining('unknown field "spec.treshold"')]);
  });

  it("refuses a name that no model can have", async () => {
    await expect(cluster.api.apply(registration("with.dots", "default"))).rejects.toThrow("without dots");
    await expect(cluster.api.apply(registration("x".repeat(64), "default"))).rejects.toThrow("at most 63 characters");
  });

  it("prints type, model, readiness and age", async () => {
    const namespace = await newNamespace(cluster.api);
    const object = registration("printed", namespace, { modelType: "predictive", kserveInferenceService: "disk" });
    await cluster.api.apply(object);
    const condition = { type: "Ready", status: "True", reason: "ModelReady", message: "", observedGeneration: 1 };
    const conditions = [{ ...condition, lastTransitionTime: "2026-01-01T00:00:00Z" }];
    await cluster.api.applyStatus({ ...object, spec: undefined, status: { url: "http://x", conditions } });
    const table = await cluster.api.sendAccepting(collectionOf(object), "application/json;as=Table;v=v1;g=meta.k8s.io");
    const { columnDefinitions, rows } = table as {
      columnDefinitions: { name: string; priority: number }[];
      rows: { cells: unknown[] }[];
    };
    const cells = columnDefinitions.map(({ name, priority }, i) => [name, priority, rows[0]!.cells[i]]);
    expect(cells).toEqual([
      ["Name", 0, "printed"],
      ["Type", 0, "predictive"],
      ["Model", 0, "disk"],
      ["Version", 1, null],
      ["Ready", 0, "True"],
      ["Reason", 1, "ModelReady"],
      ["URL", 1, "http://x"],
      ["Age", 0, expect.stringMatching(/^\d+s$/)],
    ]);
  });

  it("keeps spec and status apart", async () => {
    const namespace = await newNamespace(cluster.api);
    const object = registration("apart", namespace);
    await cluster.api.apply({ ...object, status: { url: "http://not-taken" } });
    expect((await cluster.api.get(object)).status).toBeUndefined();
  });
});
