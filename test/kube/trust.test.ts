import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startController } from "../../src/compose/controller.ts";
import type { RegistrationStatus } from "../../src/controller/registration-status.ts";
import { runCli } from "../cli/support/run-cli.ts";
import { captureLog } from "../support/captured-log.ts";
import { type FakeUpstream, startFakeUpstream } from "../support/fake-upstream.ts";
import { jsonOf } from "../support/http-client.ts";
import { until } from "../support/until.ts";
import { type Cluster, startCluster } from "./support/cluster.ts";
import type { KubeObject } from "./support/kube-api.ts";
import { type LiveService, startLiveService } from "./support/live-service.ts";
import { installModelRegistrations, newNamespace, registration } from "./support/manifests.ts";

let cluster: Cluster;
let platformServer: FakeUpstream;
let tenantServer: FakeUpstream;
beforeAll(async () => {
  cluster = await startCluster();
  await installModelRegistrations(cluster.api);
  [platformServer, tenantServer] = [await startFakeUpstream(), await startFakeUpstream()];
});
afterAll(async () => {
  await Promise.all([platformServer?.close(), tenantServer?.close()]);
  await cluster?.stop();
});

const name = "disk-failure-predictor";

/** The example of the decision record: its model is in another namespace than the object. */
const elsewhere = { kserveInferenceService: name, namespace: "storage-monitoring", modelType: "predictive" };

async function start(namespaces: readonly string[], trusted: string, models: readonly object[] = []) {
  const env = {
    KUBECONFIG: cluster.kubeconfig,
    KSERVE_KUBERNETES_SOURCES: "model-registration",
    KSERVE_WATCH_NAMESPACES: namespaces.join(","),
    KSERVE_TRUSTED_NAMESPACES: trusted,
  };
  const service = await startLiveService({ ...env, KSERVE_MODEL_REGISTRY: JSON.stringify(models) });
  const controller = await startController(
    { ...env, CONTROLLER_LEASE: `${namespaces[0]}/controller`, PORT: "0", HOST: "127.0.0.1" },
    captureLog("silent").log,
  );
  onTestFinished(() => controller.stop());
  return service;
}

async function untilAccepted(object: KubeObject, reason: string): Promise<string> {
  let found: { reason: string; message: string } | undefined;
  await until(
    async () => {
      const { conditions = [] } = ((await cluster.api.get(object)).status ?? {}) as RegistrationStatus;
      found = conditions.find(({ type }) => type === "Accepted");
      return found?.reason === reason;
    },
    `it is ${reason}`,
    20_000,
  );
  return found!.message;
}

const modelOf = async (service: LiveService) =>
  jsonOf(await service.get(`/api/v1/models/${name}`)) as { namespace: string; entries: { location: string }[] };

describe("the example of the decision record", () => {
  it("works in the namespace of its model", async () => {
    const namespace = await newNamespace(cluster.api, "storage-monitoring");
    const service = await start([namespace], "");
    const object = registration(name, namespace, elsewhere);
    await cluster.api.apply(object);
    await service.untilModels(name);
    await untilAccepted(object, "Accepted");
  });

  it("works in a trusted namespace", async () => {
    const namespace = await newNamespace(cluster.api);
    const service = await start([namespace], namespace);
    const object = registration(name, namespace, elsewhere);
    await cluster.api.apply(object);
    await service.untilModels(name);
    expect((await modelOf(service)).namespace).toBe("storage-monitoring");
    await untilAccepted(object, "Accepted");
  });

  it("is refused elsewhere, with both remedies in its status", async () => {
    const namespace = await newNamespace(cluster.api);
    const service = await start([namespace], "somewhere-else");
    const object = registration(name, namespace, elsewhere);
    await cluster.api.apply(object);
    const message = await untilAccepted(object, "NotTrusted");
    expect(message).toContain("spec.namespace: is storage-monitoring");
    expect(message).toContain("move the object to storage-monitoring");
    expect(message).toContain(`add ${namespace} to KSERVE_TRUSTED_NAMESPACES`);
    expect(await service.models()).toEqual([]);
    const { unserved } = jsonOf(await service.get("/api/v1/models?includeUnserved=true")) as { unserved: object[] };
    expect(unserved).toEqual([expect.objectContaining({ name, standing: "refused" })]);
  });
});

describe("a tenant", () => {
  it("takes no name from the platform, and gets no call of it", async () => {
    const namespace = await newNamespace(cluster.api);
    const service = await start([namespace], "", [{ name, type: "predictive", url: platformServer.url }]);
    const thief = registration(name, namespace, { modelType: "predictive", service: "thief" });
    await cluster.api.apply(thief);
    const own = `/api/v1/namespaces/${namespace}/models/${name}`;
    await until(async () => (await service.get(own)).status === 200, "it is seen", 20_000);
    // It is a model of its own namespace, and the name goes on meaning the platform's.
    expect((await modelOf(service)).entries.map(({ location }) => location)).toEqual(["KSERVE_MODEL_REGISTRY[0]"]);
    expect((await service.predict(name)).status).toBe(200);
    expect(platformServer.predictions).toHaveLength(1);
  });

  it("has no address of its own choice called, and no token of a caller sent there", async () => {
    const namespace = await newNamespace(cluster.api);
    const service = await start([namespace], "");
    const spec = { modelType: "predictive", url: tenantServer.url, forwardAuthorization: true };
    const object = registration(name, namespace, spec);
    await cluster.api.apply(object);
    const message = await untilAccepted(object, "NotTrusted");
    expect(message).toContain("spec.url: is not the address of a Service of");
    expect(message).toContain("spec.forwardAuthorization: forwards callers' tokens");
    expect((await service.predict(name)).status).toBe(404);
    expect(tenantServer.connections()).toBe(0);
  });

  it("has no Service called by the controller or the doctor either", async () => {
    const namespace = await newNamespace(cluster.api);
    const host = `thief.${namespace}.svc.cluster.local`;
    const spec = { type: "ExternalName", externalName: "payments.shop.svc.cluster.local" };
    await cluster.api.apply({ apiVersion: "v1", kind: "Service", metadata: { name: "thief", namespace }, spec });
    await start([namespace], "");
    const object = registration("thief", namespace, { modelType: "anomaly", url: `http://${host}` });
    await cluster.api.apply(object);
    const refused = /of a kind that only trusted entries may use/;
    await until(
      async () => refused.test(JSON.stringify((await cluster.api.get(object)).status ?? {})),
      "the status says it",
      20_000,
    );
    const env = {
      KUBECONFIG: cluster.kubeconfig,
      KSERVE_KUBERNETES_SOURCES: "model-registration",
      KSERVE_WATCH_NAMESPACES: namespace,
      KSERVE_TRUSTED_NAMESPACES: "",
    };
    const { out, err } = await runCli(["doctor", "thief"], { env });
    expect(out + err).toMatch(/leads to an address that only trusted entries may use/);
  });

  it("has no Service called that leads out of its namespace, but to a gateway of those that are allowed", async () => {
    const namespace = await newNamespace(cluster.api);
    const leading = (service: string, externalName: string): KubeObject => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: service, namespace },
      spec: { type: "ExternalName", externalName },
    });
    const hostOf = (service: string, of = namespace) => `${service}.${of}.svc.cluster.local`;
    const targets = {
      thief: hostOf("payments", "shop"),
      outside: "db.example.com",
      round: hostOf("thief"),
      gateway: hostOf("knative-local-gateway", "istio-system"),
      own: hostOf("server"),
    };
    await cluster.api.apply(Object.entries(targets).map(([service, target]) => leading(service, target)));
    const service = await start([namespace], "");
    const names = Object.keys(targets);
    await cluster.api.apply(
      names.map((one) => registration(one, namespace, { modelType: "anomaly", url: `http://${hostOf(one)}` })),
    );
    await service.untilModels(...names);
    const refused = /of a kind that only trusted entries may use/;
    const isRefused = async (one: string) => refused.test((await service.predict(one)).body);
    await until(() => isRefused("thief"), "Services are read", 20_000);
    // No such names are known here: those that may be called are looked up.
    const found = await Promise.all(names.map(async (one) => [one, await isRefused(one)]));
    expect(Object.fromEntries(found)).toEqual({ thief: true, outside: true, round: true, gateway: false, own: false });
    // What a Service leads to is what counts, not what it led to.
    await cluster.api.apply(leading("own", targets.outside));
    await until(() => isRefused("own"), "the change is seen", 20_000);
  });
});
