import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import { type ModelServer, startModelServer } from "../../demo/model-server.ts";
import { trainModels } from "../../demo/models.ts";
import { output } from "../peers/support/run.ts";
import { jsonOf, send } from "../support/http-client.ts";
import { until } from "../support/until.ts";
import { startBuiltProgram } from "./support/built-program.ts";
import { environmentOfPods, only, podsOf, render, type Values } from "./support/chart.ts";
import { release, uninstallRelease, upgradeRelease } from "./support/helm-release.ts";
import { startOwnCluster } from "./support/test-cluster.ts";

/** Three trained models, and a server that speaks KServe v1 and answers for all of them. */
const trained = trainModels();
const entries = trained.map(({ entry }) => entry);
const names = entries.map(({ name }) => name).sort();
let models: ModelServer;
let cluster: Awaited<ReturnType<typeof startOwnCluster>>;
let folder: string;

beforeAll(async () => {
  cluster = await startOwnCluster();
  models = await startModelServer({
    models: Object.fromEntries(trained.map(({ entry, model }) => [entry.name, model])),
  });
  folder = mkdtempSync(join(tmpdir(), "kserve-model-registry-release-"));
  for (const { namespace } of entries) await cluster.restrictedNamespace(String(namespace));
});

afterAll(async () => {
  await models.stop();
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Values by which every address is that of the model server. */
const withModels = (values: Values): Values => ({
  config: { KSERVE_URL_FORMAT: models.url, KSERVE_READINESS_INTERVAL: "1s" },
  ...values,
});

/** Installs a release, and runs the program as its pods would: with their variables and the rights of their account. */
async function runRelease(values: Values, env: Readonly<Record<string, string>> = {}) {
  const namespace = await cluster.restrictedNamespace();
  await upgradeRelease(cluster, namespace, values);
  const kubeconfig = join(folder, `${namespace}.kubeconfig`);
  writeFileSync(kubeconfig, await cluster.kubeconfigOf(release, namespace));
  const pods = podsOf(await render(values, { namespace }), release);
  const program = await startBuiltProgram(pods.spec.containers[0]!.args, {
    ...environmentOfPods(pods, namespace),
    KUBECONFIG: kubeconfig,
    ...env,
  });
  onTestFinished(async () => {
    await program.stop();
    await uninstallRelease(cluster, namespace);
  });
  return { namespace, program };
}

/** The names of the models; none while the first of a source has not been read. */
async function listed(url: string): Promise<string[]> {
  if ((await send("1.1", { url, path: "/readyz" })).status !== 200) return [];
  const answer = await send("1.1", { url, path: "/api/v1/models" });
  return (jsonOf(answer) as { models: { name: string }[] }).models.map(({ name }) => name);
}

async function predictions(url: string, model: string): Promise<unknown> {
  const { example } = trained.find(({ entry }) => entry.name === model)!;
  const path = `/v1/models/${model}:predict`;
  return jsonOf(await send("1.1", { url, path, body: JSON.stringify({ instances: example }) }));
}

describe("the pods of a release list the models and get predictions", () => {
  it.each<[string, () => Values]>([
    ["env", () => ({ kserve: { models: entries } })],
    ["configmap", () => ({ registry: { mode: "configmap" }, kserve: { models: entries } })],
    ["crd", () => ({ registry: { mode: "crd" }, kserve: { models: entries } })],
    [
      "env beside all other sources",
      () => ({
        registry: { additionalSources: ["config-map", "model-registration", "discovery"] },
        kserve: { models: entries },
      }),
    ],
  ])("with registry.mode %s", async (_, values) => {
    const { program } = await runRelease(withModels(values()));
    await until(
      async () => (await listed(program.url)).length >= names.length,
      `all are listed: ${program.output()}`,
      10_000,
    );
    expect(await listed(program.url)).toEqual(expect.arrayContaining(names));
    expect(await predictions(program.url, "anomaly-detector")).toEqual({ predictions: [1, -1] });
    for (const name of names) {
      expect(await predictions(program.url, name)).toEqual({ predictions: expect.any(Array) });
    }
    expect(program.output()).not.toContain('"level":"warn"');
  });

  it.each(["env", "configmap", "crd"])("of which two share a name, with registry.mode %s", async (mode) => {
    const team = await cluster.restrictedNamespace();
    const [model] = entries.filter(({ name }) => name === "anomaly-detector");
    const { namespace: _, ...own } = model!;
    const { namespace, program } = await runRelease(
      withModels({
        registry: { mode, trustedNamespaces: [team] },
        kserve: { models: [{ ...own, namespace: team }, own] },
      }),
    );
    await until(async () => (await listed(program.url)).length === 2, `both are listed: ${program.output()}`, 10_000);
    for (const place of [namespace, team]) {
      const path = `/api/v1/namespaces/${place}/models/${own.name}`;
      expect(jsonOf(await send("1.1", { url: program.url, path }))).toMatchObject({ namespace: place });
    }
    const { example } = trained.find(({ entry }) => entry.name === own.name)!;
    const path = `/namespaces/${team}/v1/models/${own.name}:predict`;
    const answer = await send("1.1", { url: program.url, path, body: JSON.stringify({ instances: example }) });
    expect(jsonOf(answer)).toEqual({ predictions: [1, -1] });
  });

  it("with registry.mode configmap, mounted", async () => {
    const values = withModels({
      registry: { mode: "configmap", configMap: { access: "mount" } },
      kserve: { models: entries },
    });
    const configMap = only<{ data: Record<string, string> }>(await render(values), "ConfigMap");
    const file = join(folder, "models.yaml");
    writeFileSync(file, configMap.data["models.yaml"]!);
    const { program } = await runRelease(values, { KSERVE_MODELS_FILE: file });
    await until(async () => (await listed(program.url)).length > 0, "the file is read");
    expect(await listed(program.url)).toEqual(names);
    expect(await predictions(program.url, "anomaly-detector")).toEqual({ predictions: [1, -1] });
  });

  it("with registry.mode discovery, in the namespaces that are named and no others", async () => {
    const watched = await cluster.restrictedNamespace();
    const other = await cluster.restrictedNamespace();
    for (const [namespace, name] of [
      [watched, "anomaly-detector"],
      [other, "predictive-analytics"],
    ] as const) {
      await cluster.api.apply({
        apiVersion: "serving.kserve.io/v1beta1",
        kind: "InferenceService",
        metadata: { name, namespace, labels: { "kserve-model-registry/enabled": "true" } },
        spec: {},
        status: { address: { url: models.url }, conditions: [{ type: "Ready", status: "True" }] },
      });
    }
    // The model server of this test is not of that namespace.
    const values = { registry: { mode: "discovery", watchNamespaces: [watched], trustedNamespaces: [watched] } };
    const { program } = await runRelease(values);
    await until(async () => (await listed(program.url)).length > 0, "it is listed", 10_000);
    expect(await listed(program.url)).toEqual(["anomaly-detector"]);
    expect(await predictions(program.url, "anomaly-detector")).toEqual({ predictions: [1, -1] });
    expect(program.output()).not.toContain('"level":"warn"');
  });

  it("with the services of ADR-039", async () => {
    const services = {
      anomaly_detector: "anomaly-detector-predictor",
      predictive_analytics: "predictive-analytics-predictor",
    };
    const { program } = await runRelease(withModels({ coordinationEngine: { kserve: { services } } }));
    expect(await listed(program.url)).toEqual(["anomaly-detector", "predictive-analytics"]);
    expect(await predictions(program.url, "anomaly-detector")).toEqual({ predictions: [1, -1] });
  });

  it("with services of unknown type, by the oldest variables", async () => {
    const { program } = await runRelease(withModels({ kserve: { services: { disk_failure_predictor: "disk" } } }));
    expect(await listed(program.url)).toEqual(["disk-failure-predictor"]);
    expect(await predictions(program.url, "disk-failure-predictor")).toEqual({ predictions: expect.any(Array) });
  });

  it("with every character of a description as it was written", async () => {
    const description = `$(PORT) $$(PORT) "quoted" 'twice' <b>&</b> {{ .Values }} ü \\n 90 %`;
    const values = {
      kserve: { models: [{ name: "a", type: "anomaly", url: models.url, description }] },
      networkPolicy: { allowExternalEgress: true },
    };
    const { program } = await runRelease(values);
    const { body } = await send("1.1", { url: program.url, path: "/api/v1/models/a" });
    expect(JSON.parse(body)).toMatchObject({ description });
  });
});

describe("a release in operation", () => {
  it("serves a change of its ConfigMap without a restart", async () => {
    const values = (count: number): Values =>
      withModels({ registry: { mode: "configmap" }, kserve: { models: entries.slice(0, count) } });
    const { namespace, program } = await runRelease(values(1));
    await until(async () => (await listed(program.url)).length === 1, "one is listed", 10_000);
    await upgradeRelease(cluster, namespace, values(3));
    await until(async () => (await listed(program.url)).length === 3, "all are listed", 10_000);
    expect(await predictions(program.url, "predictive-analytics")).toEqual({ predictions: expect.any(Array) });
  });

  it("has a controller that writes the status of its ModelRegistrations, with the rights of the chart", async () => {
    const values = withModels({
      registry: { mode: "crd" },
      controller: { enabled: true },
      kserve: { models: entries },
    });
    const { namespace } = await runRelease(values);
    const name = `${release}-controller`;
    const kubeconfig = join(folder, `${namespace}-controller.kubeconfig`);
    writeFileSync(kubeconfig, await cluster.kubeconfigOf(name, namespace));
    const pods = podsOf(await render(values, { namespace }), name);
    const controller = await startBuiltProgram(pods.spec.containers[0]!.args, {
      ...environmentOfPods(pods, namespace),
      KUBECONFIG: kubeconfig,
    });
    onTestFinished(async () => void (await controller.stop()));
    const registration = {
      apiVersion: "aiops.platform.io/v1alpha1",
      kind: "ModelRegistration",
      metadata: { name: "anomaly-detector", namespace },
    };
    const ready = async (): Promise<boolean> => {
      const { status } = (await cluster.api.get(registration)) as { status?: { conditions?: object[] } };
      return JSON.stringify(status ?? {}).includes('"Accepted"');
    };
    await until(ready, `the status is written: ${controller.output()}`, 20_000);
    expect(controller.output()).not.toContain("403");
  });

  it("has a controller that links InferenceServices to its registry of versions, which takes a token for it alone", async () => {
    const audience = "kserve-model-registry";
    const values = {
      database: { type: "embedded" },
      auth: { mode: "kubernetes" },
      config: { KUBERNETES_AUDIENCE: audience },
      controller: { enabled: true, links: { enabled: true } },
    };
    const { namespace, program } = await runRelease(values, { DATABASE_URL: "sqlite::memory:" });
    const tokenOf = async (account: string): Promise<string> => {
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
      const spec = { audiences: [audience] };
      const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec };
      return ((await cluster.api.send("POST", path, request)).body as { status: { token: string } }).status.token;
    };
    const edit = {
      apiGroup: "rbac.authorization.k8s.io",
      kind: "ClusterRole",
      name: `${namespace}-${release}-versions`,
    };
    await cluster.api.apply([
      { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "trainer", namespace } },
      ...["view", "edit"].map((grade) => ({
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "RoleBinding",
        metadata: { name: grade, namespace },
        roleRef: { ...edit, name: `${edit.name}-${grade}` },
        subjects: [{ kind: "ServiceAccount", name: "trainer", namespace }],
      })),
    ]);
    const headers = { authorization: `Bearer ${await tokenOf("trainer")}`, "content-type": "application/json" };
    const ask = async (path: string, body?: object): Promise<{ id: string; items?: object[] }> => {
      const url = `${program.url}/api/model_registry/v1${path}`;
      const post = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
      return (await (await fetch(url, { ...post, headers })).json()) as { id: string };
    };
    const model = await ask("/registered_models", { name: "disk" });
    expect(model.id).toMatch(/^\d+$/);
    const labels = { "modelregistry.kubeflow.org/registered-model-id": model.id };
    const service = { apiVersion: "serving.kserve.io/v1beta1", kind: "InferenceService" };
    await cluster.api.apply({ ...service, metadata: { name: "disk", namespace, labels }, spec: {} });

    const name = `${release}-controller`;
    const [kubeconfig, token] = [".kubeconfig", ".token"].map((end) => join(folder, `${namespace}-links${end}`));
    writeFileSync(kubeconfig!, await cluster.kubeconfigOf(name, namespace));
    writeFileSync(token!, await tokenOf(name));
    const pods = podsOf(await render(values, { namespace }), name);
    const controller = await startBuiltProgram(pods.spec.containers[0]!.args, {
      ...environmentOfPods(pods, namespace),
      KUBECONFIG: kubeconfig!,
      VERSIONS_URL: program.url,
      VERSIONS_TOKEN_FILE: token!,
    });
    onTestFinished(async () => void (await controller.stop()));
    const records = async (): Promise<object[]> => (await ask("/inference_services")).items ?? [];
    await until(async () => (await records()).length === 1, `it is linked: ${controller.output()}`, 20_000);
    expect(await records()).toMatchObject([{ registeredModelId: model.id, desiredState: "DEPLOYED" }]);
    expect(controller.output()).not.toContain("403");
    await cluster.api.delete({ ...service, metadata: { name: "disk", namespace } });
    await until(async () => JSON.stringify(await records()).includes("UNDEPLOYED"), "it is gone", 10_000);
  });

  it("asks the Kubernetes API who may use a model, with the rights of the chart", async () => {
    const config = { KSERVE_URL_FORMAT: models.url, AUTH_MODE: "kubernetes" };
    const { namespace, program } = await runRelease({ config, kserve: { models: entries } });
    const { url } = program;
    const rights = { apiGroups: ["serving.kserve.io"], resources: ["inferenceservices"], verbs: ["get"] };
    await cluster.api.apply([
      { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "caller", namespace } },
      {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRole",
        metadata: { name: namespace },
        rules: [rights],
      },
      {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "RoleBinding",
        metadata: { name: "caller", namespace: "self-healing-platform" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: namespace },
        subjects: [{ kind: "ServiceAccount", name: "caller", namespace }],
      },
    ]);
    const { users } = parse(await cluster.kubeconfigOf("caller", namespace)) as {
      users: { user: { token: string } }[];
    };
    const call = async (name: string, headers = {}): Promise<number> =>
      (await send("1.1", { url, path: `/v1/models/${name}:predict`, headers, body: '{"instances":[[1,2,3]]}' })).status;
    const authorization = `Bearer ${users[0]!.user.token}`;
    expect(await call("anomaly-detector")).toBe(401);
    expect(await call("anomaly-detector", { authorization })).toBe(200);
    // Its namespace is another one.
    expect(await call("predictive-analytics", { authorization })).toBe(403);
  });

  it("is tested by calls that find it serving, listing and predicting", async () => {
    const values = withModels({
      kserve: { models: entries },
      test: { model: "anomaly-detector", instances: trained[0]!.example },
    });
    const { namespace, program } = await runRelease(values);
    const test = only<{ spec: { containers: { name: string; args: string[] }[] } }>(
      await render(values, { namespace }),
      "Pod",
    );
    const address = `http://${release}.${namespace}.svc:8080`;
    expect(test.spec.containers.map(({ name }) => name)).toEqual(["health", "list", "predict"]);
    for (const { args } of test.spec.containers) {
      expect(args).toContain(address);
      const here = args.map((arg) => (arg === address ? program.url : arg));
      expect(await output(process.execPath, ["dist/kserve-model-registry.js", ...here])).not.toBe("");
    }
  });
});

it("the ConfigMap of the chart is the document that the ADR shows", async () => {
  const { data } = only<{ data: Record<string, string> }>(
    await render({ registry: { mode: "configmap" }, kserve: { models: entries } }),
    "ConfigMap",
  );
  const { models: written } = parse(data["models.yaml"]!) as { models: unknown[] };
  expect(written).toEqual(entries.toSorted((a, b) => (a.name < b.name ? -1 : 1)));
});
