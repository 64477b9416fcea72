import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { startKServe } from "../peers/support/kserve-server.ts";
import { startFakeUpstream } from "../support/fake-upstream.ts";
import { jsonOf } from "../support/http-client.ts";
import { until } from "../support/until.ts";
import { type Cluster, startCluster } from "./support/cluster.ts";
import type { KubeObject } from "./support/kube-api.ts";
import { type LiveService, startLiveService } from "./support/live-service.ts";
import {
  inferenceService,
  installInferenceServices,
  installModelRegistrations,
  modelsConfigMap,
  newNamespace,
  registration,
} from "./support/manifests.ts";

let cluster: Cluster;
let namespace: string;
beforeAll(async () => {
  cluster = await startCluster();
  await Promise.all([installModelRegistrations(cluster.api), installInferenceServices(cluster.api)]);
});
beforeEach(async () => {
  namespace = await newNamespace(cluster.api);
});
afterAll(() => cluster?.stop());

function start(sources: string, env: Readonly<Record<string, string>> = {}): Promise<LiveService> {
  return startLiveService({
    KUBECONFIG: cluster.kubeconfig,
    KSERVE_KUBERNETES_SOURCES: sources,
    KSERVE_WATCH_NAMESPACES: namespace,
    KSERVE_TRUSTED_NAMESPACES: namespace,
    KSERVE_CONFIG_MAP: `${namespace}/kserve-model-registry`,
    ...env,
  });
}

/** A model server that is stopped after the test. */
async function startModelServer(): Promise<{ readonly url: string; close(): Promise<unknown> }> {
  const server = await startFakeUpstream();
  onTestFinished(async () => {
    await server.close().catch(() => {});
  });
  return server;
}

/** How many predictions a KServe server has made, by its own count. */
async function predictionsOf(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^request_predict_seconds_count\{model_name="echo"\} (\S+)$/m.exec(text)?.[1] ?? 0);
}

async function untilStatus(service: LiveService, model: string, status: number): Promise<void> {
  await until(async () => (await service.predict(model)).status === status, `${model} answers ${status}`, 20_000);
}

describe("a model in Kubernetes, from one real KServe server to another", () => {
  let servers: Awaited<ReturnType<typeof startKServe>>[] = [];
  beforeAll(async () => {
    servers = await Promise.all([startKServe("kserve-a"), startKServe("kserve-b")]);
  });
  afterAll(() => Promise.all(servers.map((server) => server.stop())));

  const forms: readonly [
    title: string,
    sources: string,
    write: (url: string) => KubeObject,
    writeStatus?: (url: string) => KubeObject,
  ][] = [
    [
      "a ModelRegistration with a url",
      "model-registration",
      (url) => registration("echo", namespace, { modelType: "anomaly", url }),
    ],
    [
      "an entry of the ConfigMap",
      "config-map",
      (url) =>
        modelsConfigMap("kserve-model-registry", namespace, {
          "models.yaml": JSON.stringify({ models: [{ name: "echo", type: "anomaly", url }] }),
        }),
    ],
    [
      "a discovered InferenceService",
      "discovery",
      () => inferenceService("echo", namespace, { labels: { "kserve-model-registry/enabled": "true" } }),
      (url) => inferenceService("echo", namespace, { status: { address: { url }, conditions: [] } }),
    ],
    [
      "a ModelRegistration of an InferenceService that nobody labelled",
      "model-registration",
      () => registration("registered-echo", namespace, { modelType: "anomaly", kserveInferenceService: "echo" }),
      (url) => inferenceService("echo", namespace, { status: { address: { url }, conditions: [] } }),
    ],
  ];

  it.each(forms)("%s", async (_, sources, write, writeStatus) => {
    const [first, second] = servers as [(typeof servers)[0], (typeof servers)[0]];
    const service = await start(sources);
    const put = async (url: string): Promise<void> => {
      await cluster.api.apply(write(url));
      if (writeStatus === undefined) return;
      await cluster.api.apply(
        inferenceService("echo", namespace, { labels: { "kserve-model-registry/enabled": "true" } }),
      );
      await cluster.api.applyStatus(writeStatus(url));
    };
    const name = write("").metadata.name.startsWith("registered") ? "registered-echo" : "echo";
    await untilStatus(service, name, 404);

    await put(first.url);
    await untilStatus(service, name, 200);
    expect(jsonOf(await service.predict(name))).toEqual({ predictions: [[1, 2, 3]] });

    await put(second.url);
    const before = await predictionsOf(second.url);
    await until(async () => {
      expect((await service.predict(name)).status).toBe(200);
      return (await predictionsOf(second.url)) > before;
    }, "the other server is asked");

    await cluster.api.delete(write(second.url));
    await untilStatus(service, name, 404);
  });
});

describe("a service whose API server is killed", () => {
  it("continues to predict without a failure, reports how old its models are, and catches up", async () => {
    const server = await startModelServer();
    await cluster.api.apply(registration("steady", namespace, { modelType: "anomaly", url: server.url }));
    const service = await start("model-registration");
    await untilStatus(service, "steady", 200);
    const age = async (): Promise<number> => {
      const { body } = await service.get("/metrics");
      const line = body.split("\n").find((one) => one.startsWith("kserve_registry_source_snapshot_age_seconds{"));
      return Number(line?.slice(line.lastIndexOf(" ")));
    };
    expect(await age()).toBe(0);

    const statuses = new Map<number, number>();
    let over = false;
    const callers = Array.from({ length: 4 }, async () => {
      while (!over) {
        const { status } = await service.predict("steady");
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    });
    await cluster.killApiServer();
    await until(async () => (await age()) > 0, "the age grows", 20_000);
    expect((await service.get("/readyz")).status).toBe(200);
    await cluster.startApiServer();
    await until(async () => (await age()) === 0, "the models are up to date again", 30_000);
    over = true;
    await Promise.all(callers);
    expect([...statuses.keys()]).toEqual([200]);
    expect(statuses.get(200)).toBeGreaterThan(100);

    await cluster.api.apply(registration("later", namespace, { modelType: "anomaly", url: server.url }));
    await untilStatus(service, "later", 200);
  });

  it("starts without it when another source has models, and is not ready with the reason when none has", async () => {
    const server = await startModelServer();
    await cluster.api.apply(registration("late", namespace, { modelType: "anomaly", url: server.url }));
    await cluster.killApiServer();
    try {
      const other = { name: "from-environment", type: "anomaly", url: server.url };
      const withOther = await start("model-registration", { KSERVE_MODEL_REGISTRY: JSON.stringify([other]) });
      await until(async () => (await withOther.get("/readyz")).status === 200);
      expect((await withOther.predict("from-environment")).status).toBe(200);

      const alone = await start("model-registration");
      await until(() => alone.troubles().length === 1);
      const { status, body } = await alone.get("/readyz");
      expect(status).toBe(503);
      expect(body).toContain("no source has any models yet");
      expect(body).toContain("model-registration: the API server cannot be reached (ECONNREFUSED)");

      await cluster.startApiServer();
      for (const service of [withOther, alone]) await untilStatus(service, "late", 200);
      expect((await alone.get("/readyz")).status).toBe(200);
    } finally {
      await cluster.startApiServer();
    }
  });
});

describe("a service with Kubernetes sources", () => {
  it("takes readiness and its reason from the InferenceService of a registered model", async () => {
    const service = await start("model-registration");
    const name = "reported";
    await cluster.api.apply([
      registration(name, namespace, { modelType: "anomaly", kserveInferenceService: name }),
      inferenceService(name, namespace),
    ]);
    const failed = {
      conditions: [{ type: "Ready", status: "False" }],
      modelStatus: { lastFailureInfo: { reason: "ModelLoadFailed", message: "no such file" } },
    };
    await cluster.api.applyStatus(inferenceService(name, namespace, { status: failed }));
    const model = async (): Promise<{ state?: string; stateReason?: string }> =>
      jsonOf(await service.get(`/api/v1/models/${name}`)) as object;
    await until(async () => (await model()).stateReason === "ModelLoadFailed: no such file");
    expect((await model()).state).toBe("not-ready");
  });

  it("counts a bad entry, names it in its log, and serves the others", async () => {
    const service = await start("config-map");
    const models = [
      { name: "good", type: "anomaly", url: "http://models.example" },
      { name: "bad", type: "magic", url: "http://models.example" },
    ];
    const data = { "models.yaml": JSON.stringify({ models }) };
    await cluster.api.apply(modelsConfigMap("kserve-model-registry", namespace, data));
    await service.untilModels("good");
    expect((await service.get("/metrics")).body).toContain('kserve_registry_entries_refused{source="config-map"} 1');
    const refused = service.log.lines.filter(({ msg }) => msg.startsWith("An entry was rejected"));
    expect(refused).toEqual([expect.objectContaining({ model: "bad", source: "config-map" })]);
  });
});
