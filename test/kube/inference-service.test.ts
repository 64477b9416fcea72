import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseLabelSelector } from "../../src/kube/label-selector.ts";
import { createInferenceServiceSource } from "../../src/sources/kube/inference-service.ts";
import { until } from "../support/until.ts";
import { clientOf } from "./support/access.ts";
import { type Cluster, startCluster } from "./support/cluster.ts";
import { inferenceService, installInferenceServices, newNamespace } from "./support/manifests.ts";
import { type StartedSource, startSource } from "./support/started-source.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await installInferenceServices(cluster.api);
});
afterAll(() => cluster?.stop());

function watch(namespace: string, selector = "*"): StartedSource {
  return startSource(
    createInferenceServiceSource({
      client: clientOf(cluster.kubeconfig),
      cluster: "",
      trusts: () => true,
      namespaces: [namespace],
      selector: parseLabelSelector(selector)!,
    }),
  );
}

const enabled = { "kserve-model-registry/enabled": "true" };
const ready = { conditions: [{ type: "Ready", status: "True" }] };

describe("the discovery of InferenceServices", () => {
  it("registers those with the label, with what their annotations say", async () => {
    const namespace = await newNamespace(cluster.api);
    await cluster.api.apply([
      inferenceService("disk-failure", namespace, {
        labels: enabled,
        annotations: {
          "kserve-model-registry/name": "disk-failure-predictor",
          "kserve-model-registry/type": "predictive",
          "kserve-model-registry/description": "Predicts disk failures",
          "kserve-model-registry/model": "v2",
          "kserve-model-registry/timeout": "30s",
          "kserve-model-registry/triggers": "disk_utilization_high, resource_spike",
          "kserve-model-registry/features": "[disk_utilization, {name: iops, type: integer, min: 0}]",
          "sidecar.istio.io/inject": "false",
        },
      }),
      inferenceService("not-meant", namespace),
    ]);
    const source = watch(namespace, "kserve-model-registry/enabled=true");
    await source.untilNames("disk-failure-predictor");
    expect(source.entry("disk-failure-predictor")).toEqual({
      location: `InferenceService ${namespace}/disk-failure`,
      created: expect.any(String),
      entry: expect.objectContaining({
        name: "disk-failure-predictor",
        service: "disk-failure-predictor",
        namespace,
        model: "v2",
        type: "predictive",
        description: "Predicts disk failures",
        timeoutMs: 30_000,
        url: undefined,
        triggers: [{ name: "disk_utilization_high" }, { name: "resource_spike" }],
        inputFeatures: [{ name: "disk_utilization" }, { name: "iops", type: "integer", min: 0 }],
      }),
    });
    expect(
      source
        .last()
        .inferenceServices?.map(({ name }) => name)
        .sort(),
    ).toEqual(["disk-failure", "not-meant"]);
  });

  it("registers all of them with *, under their names and without a type where none is given", async () => {
    const namespace = await newNamespace(cluster.api);
    await cluster.api.apply([inferenceService("a", namespace), inferenceService("b", namespace)]);
    const source = watch(namespace);
    await source.untilNames("a", "b");
    expect(source.entry("a")?.entry).toMatchObject({ service: "a-predictor", model: "a", type: undefined });
  });

  it("follows a label that comes and goes", async () => {
    const namespace = await newNamespace(cluster.api);
    const source = watch(namespace, "kserve-model-registry/enabled=true");
    await cluster.api.apply(inferenceService("a", namespace));
    await until(() => source.snapshots.at(-1)?.inferenceServices?.length === 1);
    expect(source.names()).toEqual([]);
    await cluster.api.apply(inferenceService("a", namespace, { labels: enabled }));
    await source.untilNames("a");
    await cluster.api.apply(inferenceService("a", namespace));
    await source.untilNames();
  });

  it("refuses one whose annotations are wrong, and registers the others", async () => {
    const namespace = await newNamespace(cluster.api);
    const annotated = (name: string, annotations: object) => inferenceService(name, namespace, { annotations });
    await cluster.api.apply([
      annotated("good", {}),
      annotated("bad-type", { "kserve-model-registry/type": "magic" }),
      annotated("bad-key", { "kserve-model-registry/typ": "anomaly" }),
      annotated("bad-features", { "kserve-model-registry/features": "[a, {" }),
      annotated("bad-feature", { "kserve-model-registry/features": "[{name: a, min: 1}]" }),
    ]);
    const source = watch(namespace);
    await source.untilNames("good");
    const lines = source
      .last()
      .refused.map(({ name, problems }) => [name, problems.map((p) => `${p.field}: ${p.message}`)]);
    expect(Object.fromEntries(lines)).toEqual({
      "bad-type": ['kserve-model-registry/type: expected anomaly, predictive or classification; found "magic"'],
      "bad-key": ["kserve-model-registry/typ: unknown annotation; did you mean kserve-model-registry/type?"],
      "bad-features": [expect.stringMatching(/^kserve-model-registry\/features: expected comma-separated names/)],
      "bad-feature": ["kserve-model-registry/features[0].min: needs the type number or integer"],
    });
    expect(source.last().inferenceServices).toHaveLength(5);
  });

  it("reports each change of a status, and hands over the entry as the same object", async () => {
    const namespace = await newNamespace(cluster.api);
    const source = watch(namespace);
    await cluster.api.apply(inferenceService("a", namespace));
    await source.untilNames("a");
    const before = source.entry("a");
    const facts = () => source.last().inferenceServices?.[0];
    expect(facts()).toMatchObject({ url: undefined, state: "unknown" });
    const url = `http://a.${namespace}.svc.cluster.local:8080`;
    await cluster.api.applyStatus(inferenceService("a", namespace, { status: { ...ready, address: { url } } }));
    await until(() => facts()?.state === "ready");
    expect(facts()).toEqual({ namespace, name: "a", url, state: "ready", reason: "" });
    expect(source.entry("a")).toBe(before);
  });
});
