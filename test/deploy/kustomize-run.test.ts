import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { stringify } from "yaml";
import { type ModelServer, startModelServer } from "../../demo/model-server.ts";
import { trainModels } from "../../demo/models.ts";
import type { KubeObject } from "../kube/support/kube-api.ts";
import { output } from "../peers/support/run.ts";
import { jsonOf, send } from "../support/http-client.ts";
import { until } from "../support/until.ts";
import { startBuiltProgram } from "./support/built-program.ts";
import { environmentOfPods, objectsOf, type PodTemplate, podsOf } from "./support/chart.ts";
import { applyAll } from "./support/discovery.ts";
import { cacheDir, kustomizeDir, programs } from "./support/paths.ts";
import { startOwnCluster } from "./support/test-cluster.ts";

const { model, example } = trainModels().find(({ entry }) => entry.name === "anomaly-detector")!;
const name = "anomaly-detector";
let models: ModelServer;
let cluster: Awaited<ReturnType<typeof startOwnCluster>>;
let folder: string;

beforeAll(async () => {
  cluster = await startOwnCluster();
  models = await startModelServer({ models: { [name]: model } });
  // Kustomize takes only relative paths, and of the real folders.
  folder = mkdtempSync(join(realpathSync(cacheDir), "overlay-"));
});

afterAll(async () => {
  await models.stop();
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Builds an overlay in a namespace and with a ConfigMap of one's own, as DEPLOYMENT.md shows. */
async function build(overlay: string, namespace: string, entries: readonly object[]): Promise<KubeObject[]> {
  const configMap = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "kserve-model-registry" },
    data: { "models.yaml": stringify({ models: entries }) },
  };
  const kustomization = {
    namespace,
    resources: [relative(folder, join(realpathSync(kustomizeDir), overlay))],
    patches: entries.length > 0 ? [{ patch: stringify(configMap) }] : [],
  };
  writeFileSync(join(folder, "kustomization.yaml"), stringify(kustomization));
  return objectsOf(await output(programs.kustomize, ["build", folder]));
}

/** A file in the place of the ConfigMap that the pods mount; none where they mount none. */
function mountedFile(pods: PodTemplate): string {
  if (environmentOfPods(pods).KSERVE_MODELS_FILE === undefined) return "";
  const file = join(folder, "models.yaml");
  writeFileSync(file, "models: []\n");
  return file;
}

describe("the pods of an overlay list a model and get a prediction, with the rights of its manifests", () => {
  const registered = { name, type: "anomaly", url: "" };
  const registration = (namespace: string): KubeObject => ({
    apiVersion: "aiops.platform.io/v1alpha1",
    kind: "ModelRegistration",
    metadata: { name, namespace },
    spec: { modelType: "anomaly", url: models.url },
  });
  const service = (namespace: string): KubeObject => ({
    apiVersion: "serving.kserve.io/v1beta1",
    kind: "InferenceService",
    metadata: { name, namespace, labels: { "kserve-model-registry/enabled": "true" } },
    spec: {},
    status: { address: { url: models.url }, conditions: [{ type: "Ready", status: "True" }] },
  });

  it.each<[string, string, ((namespace: string) => KubeObject) | undefined]>([
    ["overlays/config-map", "config-map", undefined],
    ["overlays/model-registration", "model-registration", registration],
    ["overlays/discovery", "discovery", service],
    ["overlays/single-namespace", "model-registration", registration],
    ["overlays/single-namespace", "discovery", service],
  ])("%s, from %s", async (overlay, source, create) => {
    const namespace = await cluster.restrictedNamespace();
    const objects = await build(overlay, namespace, create === undefined ? [{ ...registered, url: models.url }] : []);
    if (create !== undefined) {
      const object = create(namespace);
      objects.push(object);
      onTestFinished(() => cluster.api.delete(object));
    }
    const applied = await applyAll(cluster.api, objects, namespace, { dryRun: false });
    expect(applied.filter(({ status, warnings }) => status >= 300 || warnings !== "")).toEqual([]);

    const kubeconfig = join(folder, `${namespace}.kubeconfig`);
    writeFileSync(kubeconfig, await cluster.kubeconfigOf("kserve-model-registry", namespace));
    const pods = podsOf(objects);
    const program = await startBuiltProgram(pods.spec.containers[0]!.args, {
      ...environmentOfPods(pods, namespace),
      KSERVE_MODELS_FILE: mountedFile(pods),
      KUBECONFIG: kubeconfig,
    });
    onTestFinished(async () => void (await program.stop()));
    const { url } = program;
    const path = `/v1/models/${name}:predict`;
    const body = JSON.stringify({ instances: example });
    const answer = (): ReturnType<typeof send> => send("1.1", { url, path, body });
    await until(async () => (await answer()).status === 200, "it is served", 10_000).catch((error: Error) => {
      throw new Error(`${error.message}: ${program.output().slice(0, 2000)}`);
    });
    expect(jsonOf(await answer())).toEqual({ predictions: [1, -1] });
    expect(jsonOf(await send("1.1", { url, path: `/api/v1/models/${name}` }))).toMatchObject({ source });
    expect(program.output()).not.toContain("(403)");
  });
});
