import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { until } from "../../support/until.ts";
import type { KubeApi, KubeObject } from "./kube-api.ts";
import { projectDir } from "./paths.ts";

/** The text of one of the project's files for `kubectl apply`. */
export function manifest(path: string): string {
  return readFileSync(join(projectDir, "manifests/kustomize", path), "utf8");
}

/** Installs the custom resource of the project, as it is or changed, and waits until it is served. */
export async function installModelRegistrations(
  api: KubeApi,
  change: (definition: KubeObject) => KubeObject = (definition) => definition,
): Promise<void> {
  await api.apply(change(parse(manifest("crd/model-registration.yaml")) as KubeObject));
  await untilServed(api, "/apis/aiops.platform.io/v1alpha1/modelregistrations");
}

/** Installs as much of KServe's InferenceService as the tests use, and waits until it is served. */
export async function installInferenceServices(api: KubeApi): Promise<void> {
  await api.apply(readFileSync(join(import.meta.dirname, "inference-service-crd.yaml"), "utf8"));
  await untilServed(api, "/apis/serving.kserve.io/v1beta1/inferenceservices");
}

/** Leaves the resource without any rule, as objects find it that are older than the rules. */
export function withoutSchema(definition: KubeObject): KubeObject {
  const { versions, ...spec } = definition.spec as { versions: Record<string, unknown>[] };
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  return { ...definition, spec: { ...spec, versions: versions.map((version) => ({ ...version, schema })) } };
}

/** A definition counts as established before its lists answer. */
async function untilServed(api: KubeApi, path: string): Promise<void> {
  await until(async () => (await api.send("GET", path)).status === 200, `${path} is served`, 10_000);
}

/** A namespace of its own, which nothing of another test is in. */
export async function newNamespace(api: KubeApi, name = `test-${crypto.randomUUID().slice(0, 8)}`): Promise<string> {
  await api.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  return name;
}

/** A ModelRegistration of a model at an address. */
export function registration(
  name: string,
  namespace: string,
  spec: Readonly<Record<string, unknown>> = { modelType: "anomaly", url: "http://models.example" },
): KubeObject {
  return { apiVersion: "aiops.platform.io/v1alpha1", kind: "ModelRegistration", metadata: { name, namespace }, spec };
}

/** An InferenceService, with a status where one is given. */
export function inferenceService(
  name: string,
  namespace: string,
  more: { labels?: object; annotations?: object; status?: object } = {},
): KubeObject {
  const { labels = {}, annotations = {}, status } = more;
  return {
    apiVersion: "serving.kserve.io/v1beta1",
    kind: "InferenceService",
    metadata: { name, namespace, labels, annotations },
    ...(status === undefined ? { spec: { predictor: {} } } : { status }),
  };
}

/** A ConfigMap with a document of models. */
export function modelsConfigMap(name: string, namespace: string, data: Readonly<Record<string, string>>): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data };
}
