import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startController } from "../../src/compose/controller.ts";
import type { Service } from "../../src/compose/service.ts";
import type { Condition, RegistrationStatus } from "../../src/controller/registration-status.ts";
import { captureLog } from "../support/captured-log.ts";
import { answer, type FakeUpstream, startFakeUpstream } from "../support/fake-upstream.ts";
import { until } from "../support/until.ts";
import { type Cluster, startCluster } from "./support/cluster.ts";
import type { KubeObject } from "./support/kube-api.ts";
import {
  inferenceService,
  installInferenceServices,
  installModelRegistrations,
  newNamespace,
  registration,
} from "./support/manifests.ts";
import { bindControllerRoles } from "./support/rights.ts";

const user = "system:serviceaccount:default:controller";

let cluster: Cluster;
let kubeconfig: string;
let upstream: FakeUpstream;
let running: Service[] = [];
let namespace: string;

beforeAll(async () => {
  cluster = await startCluster();
  await installModelRegistrations(cluster.api);
  await installInferenceServices(cluster.api);
  await bindControllerRoles(cluster, "controller");
  kubeconfig = await cluster.kubeconfigOf("controller");
});
afterAll(() => cluster?.stop());

beforeEach(async () => {
  upstream = await startFakeUpstream();
  namespace = await newNamespace(cluster.api);
});
afterEach(async () => {
  await Promise.all(running.map((controller) => controller.stop()));
  running = [];
  await upstream.close();
});

async function start({ captured = captureLog(), namespaces = namespace } = {}): Promise<Service> {
  const controller = await startController(
    {
      KUBECONFIG: kubeconfig,
      CONTROLLER_LEASE: "default/kserve-model-registry-controller",
      KSERVE_WATCH_NAMESPACES: namespaces,
      KSERVE_TRUSTED_NAMESPACES: namespaces,
      KSERVE_READINESS_INTERVAL: "1s",
      PORT: "0",
      HOST: "127.0.0.1",
    },
    captured.log,
  );
  running.push(controller);
  return controller;
}

async function statusOf(object: KubeObject): Promise<RegistrationStatus> {
  return ((await cluster.api.get(object)).status ?? {}) as RegistrationStatus;
}

/** Waits until a registration says that it is so. Returns the condition. */
async function untilCondition(object: KubeObject, type: Condition["type"], reason: string): Promise<Condition> {
  let found: Condition | undefined;
  await until(
    async () => {
      found = (await statusOf(object)).conditions?.find((condition) => condition.type === type);
      return found?.reason === reason;
    },
    `${object.metadata.name} is ${type} with ${reason}`,
    15_000,
  );
  return found!;
}

async function leads(controller: Service): Promise<boolean> {
  const metrics = await (await fetch(`${controller.url}/metrics`)).text();
  return /^kserve_registry_controller_leading 1$/m.test(metrics);
}

async function eventsOf(object: KubeObject): Promise<string[]> {
  const { body } = await cluster.api.send("GET", `/apis/events.k8s.io/v1/namespaces/${namespace}/events`);
  return (body.items as { regarding: { name: string }; type: string; action: string; reason: string }[])
    .filter(({ regarding }) => regarding.name === object.metadata.name)
    .map(({ type, action, reason }) => `${type} ${action} ${reason}`);
}

describe("the controller", () => {
  it("follows a registration from good and ready to failing and wrong, with an event at each change", async () => {
    await start();
    const object = registration("disks", namespace, { modelType: "predictive", url: upstream.url });
    await cluster.api.apply(object);
    await untilCondition(object, "Ready", "Ready");
    const status = await statusOf(object);
    expect(status).toMatchObject({ observedGeneration: 1, url: upstream.url });
    expect(status.conditions?.map(({ type, status, reason }) => `${type} ${status} ${reason}`)).toEqual([
      "Accepted True Accepted",
      "Resolved True Url",
      "Ready True Ready",
    ]);

    upstream.onReadiness("disks", answer(503, { error: "Model with name disks is not ready." }));
    const notReady = await untilCondition(object, "Ready", "NotReady");
    expect(notReady.message).toContain("Model with name disks is not ready.");

    await cluster.api.apply(
      registration("disks", namespace, { modelType: "predictive", service: "disks", outputFormat: { threshold: 1 } }),
    );
    await untilCondition(object, "Resolved", "ServiceName");
    expect(await statusOf(object)).toMatchObject({
      observedGeneration: 2,
      url: `http://disks.${namespace}.svc.cluster.local`,
    });
    await until(
      async () => (await eventsOf(object)).includes("Normal SetResolved ServiceName"),
      "the last event is there",
    );
    expect(await eventsOf(object)).toEqual(
      expect.arrayContaining([
        "Normal SetAccepted Accepted",
        "Normal SetResolved Url",
        "Normal SetReady Ready",
        "Warning SetReady NotReady",
      ]),
    );
  });

  it("takes address and readiness from the InferenceService", async () => {
    await start();
    const service = inferenceService("forest", namespace);
    await cluster.api.apply(service);
    const object = registration("anomalies", namespace, { modelType: "anomaly", kserveInferenceService: "forest" });
    await cluster.api.apply(object);
    await untilCondition(object, "Resolved", "ServiceName");
    await cluster.api.applyStatus({
      ...service,
      status: {
        address: { url: upstream.url },
        conditions: [{ type: "Ready", status: "True" }],
      },
    });
    await untilCondition(object, "Resolved", "InferenceService");
    await untilCondition(object, "Ready", "Ready");
    expect((await statusOf(object)).url).toBe(upstream.url);
  });

  it("says what is wrong with a registration that the schema lets through", async () => {
    await start();
    const bad = registration("bad", namespace, {
      modelType: "anomaly",
      service: "x",
      inputFeatures: ["a"],
      featureDeclarations: [{ name: "a", type: "integer", default: "text" }],
    });
    await cluster.api.apply(bad);
    const { message } = await untilCondition(bad, "Accepted", "Invalid");
    expect(message).toContain('default: expected a whole number; found "text"');
    expect((await statusOf(bad)).url).toBeUndefined();

    await cluster.api.apply(registration("bad", namespace, { modelType: "anomaly", service: "x" }));
    await untilCondition(bad, "Accepted", "Accepted");
    await until(async () => (await eventsOf(bad)).includes("Warning SetAccepted Invalid"), "the event is there");
  });

  it("lets the older of two registrations have a name of one namespace, and the other when that one goes", async () => {
    const other = await newNamespace(cluster.api);
    await start({ namespaces: `${namespace},${other}` });
    const older = registration("twice", namespace, { modelType: "anomaly", url: upstream.url, namespace });
    await cluster.api.apply(older);
    await untilCondition(older, "Accepted", "Accepted");
    // Times of creation are to the second.
    await sleep(1100);
    const younger = { ...older, metadata: { name: "twice", namespace: other } };
    await cluster.api.apply(younger);
    const { message } = await untilCondition(younger, "Accepted", "NameTaken");
    expect(message).toContain(
      `ModelRegistration ${namespace}/twice has the name twice in namespace ${namespace} and takes precedence: it is older`,
    );
    await cluster.api.delete(older);
    await untilCondition(younger, "Accepted", "Accepted");
  });

  it("accepts a name that another namespace has, and says how callers tell the two apart", async () => {
    const other = await newNamespace(cluster.api);
    await start({ namespaces: `${namespace},${other}` });
    const older = registration("shared", namespace, { modelType: "anomaly", url: upstream.url });
    await cluster.api.apply(older);
    await untilCondition(older, "Accepted", "Accepted");
    await sleep(1100);
    const younger = { ...older, metadata: { name: "shared", namespace: other } };
    await cluster.api.apply(younger);
    const { message } = await untilCondition(younger, "Accepted", "Accepted");
    expect(message).toBe(
      `Registered as shared in namespace ${other}; callers must give the namespace, because the bare name refers to another model`,
    );
  });

  it("writes a status once, and not again while nothing changes", async () => {
    const controller = await start();
    const object = registration("once", namespace, { modelType: "anomaly", url: upstream.url });
    await cluster.api.apply(object);
    await untilCondition(object, "Ready", "Ready");
    const version = (await cluster.api.get(object)).metadata.resourceVersion;
    const checks = upstream.checks.length;
    await until(() => upstream.checks.length > checks + 2, "the model is checked further", 10_000);
    expect((await cluster.api.get(object)).metadata.resourceVersion).toBe(version);
    expect(await (await fetch(`${controller.url}/metrics`)).text()).toContain(
      "kserve_registry_controller_statuses_waiting 0",
    );
  });

  it("has one process that writes; another takes over when that one stops", async () => {
    const first = await start();
    await until(() => leads(first), "the first leads", 10_000);
    const second = await start();
    await until(async () => (await fetch(`${second.url}/readyz`)).ok, "the second is ready");
    expect(await leads(second)).toBe(false);
    await first.stop();
    await until(() => leads(second), "the second leads", 10_000);
    const object = registration("later", namespace, { modelType: "anomaly", url: upstream.url });
    await cluster.api.apply(object);
    await untilCondition(object, "Ready", "Ready");
  });

  it("stops writing while another process holds the Lease, and continues once it is free", async () => {
    const captured = captureLog();
    const controller = await start({ captured });
    await until(() => leads(controller), "it leads", 10_000);
    const lease: KubeObject = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "kserve-model-registry-controller", namespace: "default" },
    };
    const held = await cluster.api.get(lease);
    const take = async (holderIdentity: string, leaseDurationSeconds: number): Promise<void> => {
      const path = "/apis/coordination.k8s.io/v1/namespaces/default/leases/kserve-model-registry-controller";
      const spec = { holderIdentity, leaseDurationSeconds };
      const { status } = await cluster.api.send("PATCH", path, { spec }, "application/merge-patch+json");
      expect(status).toBe(200);
    };
    expect((held.spec as { holderIdentity: string }).holderIdentity).toBeTruthy();
    await take("somebody-else", 3600);
    await until(async () => !(await leads(controller)), "it no longer leads", 10_000);
    expect(captured.lines.map(({ msg }) => msg)).toContain("No longer leading");
    const object = registration("meanwhile", namespace, { modelType: "anomaly", url: upstream.url });
    await cluster.api.apply(object);
    await take("", 1);
    await until(() => leads(controller), "it leads again", 10_000);
    await untilCondition(object, "Ready", "Ready");
  });

  it("needs no right beyond those of its manifests, and asks for nothing that they do not give", async () => {
    await start();
    const object = registration("rights", namespace, { modelType: "anomaly", url: upstream.url });
    await cluster.api.apply(object);
    await untilCondition(object, "Ready", "Ready");
    const refused = cluster.audit(user).filter(({ responseStatus }) => responseStatus?.code === 403);
    expect(refused.map(({ verb, requestURI }) => `${verb} ${requestURI}`)).toEqual([]);
  });

  it("survives the loss of the API server", async () => {
    const controller = await start();
    const object = registration("kept", namespace, { modelType: "anomaly", url: upstream.url });
    await cluster.api.apply(object);
    await untilCondition(object, "Ready", "Ready");
    await cluster.killApiServer();
    upstream.onReadiness("kept", answer(503, { error: "gone" }));
    await until(async () => !(await leads(controller)), "it gives up the lead that it cannot renew", 20_000);
    await cluster.startApiServer();
    await untilCondition(object, "Ready", "NotReady");
  }, 120_000);
});
