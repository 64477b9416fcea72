import { writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { get } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { pipeline } from "node:stream";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { startController } from "../../src/compose/controller.ts";
import type { Env } from "../../src/config/config.ts";
import { selfSigned } from "../../src/listen/self-signed.ts";
import { linkFinalizer, linkLabels, registryUrlAnnotation } from "../../src/registry/link-labels.ts";
import { captureLog } from "../support/captured-log.ts";
import { temporaryFolder } from "../support/certificates.ts";
import { startRegistry } from "../support/running-service.ts";
import { until } from "../support/until.ts";
import { type Cluster, startCluster } from "./support/cluster.ts";
import type { KubeObject } from "./support/kube-api.ts";
import { installInferenceServices, installModelRegistrations, newNamespace } from "./support/manifests.ts";
import { bindClusterRole, bindControllerRoles } from "./support/rights.ts";

let cluster: Cluster;
let kubeconfig: string;
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
  namespace = await newNamespace(cluster.api);
});

type Json = Record<string, unknown>;

/** A registry of versions with a model, two versions of it and another model, and what can be asked of it. */
async function startVersions(env: Env = {}) {
  const service = await startRegistry({
    models: [{ name: "unrelated" }],
    env: { DATABASE_URL: "sqlite::memory:", ...env },
  });
  const api = `${service.url}/api/model_registry/v1`;
  const send = async (method: string, path: string, body?: object): Promise<Json> => {
    const init = { method, headers: { "content-type": "application/json" } };
    const response = await fetch(api + path, body === undefined ? init : { ...init, body: JSON.stringify(body) });
    return (await response.json()) as Json;
  };
  const idOf = async (path: string, body: object): Promise<string> => (await send("POST", path, body)).id as string;
  const model = await idOf("/registered_models", { name: "disk" });
  const other = await idOf("/registered_models", { name: "fraud" });
  const versions = [
    await idOf(`/registered_models/${model}/versions`, { name: "1", registeredModelId: model }),
    await idOf(`/registered_models/${model}/versions`, { name: "2", registeredModelId: model }),
  ];
  /** The records of this test's namespace, by id. */
  const records = async (): Promise<Json[]> => {
    const environment = await send("GET", `/serving_environment?name=${namespace}`);
    if (environment.id === undefined) return [];
    return (await send("GET", `/serving_environments/${environment.id}/inference_services?orderBy=ID`)).items as Json[];
  };
  return { service, send, records, model, other, versions };
}

async function start(env: Env) {
  const captured = captureLog();
  const controller = await startController(
    {
      KUBECONFIG: kubeconfig,
      CONTROLLER_LEASE: "default/kserve-model-registry-controller",
      KSERVE_WATCH_NAMESPACES: namespace,
      KSERVE_READINESS_INTERVAL: "0",
      INFERENCE_SERVICE_CONTROLLER: "managed",
      PORT: "0",
      HOST: "127.0.0.1",
      ...env,
    },
    captured.log,
  );
  onTestFinished(() => controller.stop());
  return { controller, log: captured };
}

function isvc(name: string, labels: Json, more: { annotations?: Json; predictor?: object } = {}): KubeObject {
  const { annotations = {}, predictor = { model: { runtime: "kserve-sklearnserver" } } } = more;
  return {
    apiVersion: "serving.kserve.io/v1beta1",
    kind: "InferenceService",
    metadata: { name, namespace, labels, annotations },
    spec: { predictor },
  };
}

const labelled = (modelId: string, versionId?: string): Json => ({
  [linkLabels.registeredModelId]: modelId,
  ...(versionId === undefined ? {} : { [linkLabels.modelVersionId]: versionId }),
});

async function applied(object: KubeObject): Promise<KubeObject> {
  return (await cluster.api.apply(object))[0]!;
}

async function withUrl(object: KubeObject, url: string): Promise<void> {
  const { apiVersion, kind, metadata } = object;
  const status = { url, conditions: [{ type: "Ready", status: "True" }] };
  await cluster.api.applyStatus({
    apiVersion,
    kind,
    metadata: { name: metadata.name, namespace },
    status,
  } as KubeObject);
}

async function isGone(object: KubeObject): Promise<boolean> {
  return (
    (
      await cluster.api.send(
        "GET",
        `/apis/serving.kserve.io/v1beta1/namespaces/${namespace}/inferenceservices/${object.metadata.name}`,
      )
    ).status === 404
  );
}

async function eventsOf(name: string): Promise<{ reason: string; note: string; type: string }[]> {
  const { body } = await cluster.api.send("GET", `/apis/events.k8s.io/v1/namespaces/${namespace}/events`);
  const all = body.items as { regarding: { name: string }; reason: string; note: string; type: string }[];
  return all.filter(({ regarding }) => regarding.name === name);
}

const untilEvent = (name: string, reason: string) =>
  until(
    async () => (await eventsOf(name)).some((event) => event.reason === reason),
    `${name} has the reason ${reason}`,
    15_000,
  );

const limitMs = 15_000;

describe("an InferenceService with the labels of a registered version", () => {
  it("is in the registry before its address is known, and with it afterwards", async () => {
    const { service, records, send, model, versions } = await startVersions();
    await start({ VERSIONS_URL: service.url });
    const object = await applied(isvc("disk", labelled(model, versions[0])));
    await until(async () => (await records()).length === 1, "the record is there", limitMs);
    const [record] = await records();
    expect(record).toMatchObject({
      name: `disk/${object.metadata.uid}`,
      registeredModelId: model,
      modelVersionId: versions[0],
      runtime: "kserve-sklearnserver",
      desiredState: "DEPLOYED",
      customProperties: {},
    });
    await until(async () => {
      const { labels, finalizers } = (await cluster.api.get(object)).metadata as {
        labels?: Json;
        finalizers?: string[];
      };
      return labels?.[linkLabels.inferenceServiceId] === record!.id && finalizers?.includes(linkFinalizer) === true;
    });
    // By hand, and not to be set back by what comes next.
    await send("PATCH", `/inference_services/${record!.id}`, { desiredState: "UNDEPLOYED" });
    await withUrl(object, "http://disk.example");
    await until(async () => JSON.stringify((await records())[0]!.customProperties).includes("http://disk.example"));
    expect(await records()).toMatchObject([{ id: record!.id, desiredState: "UNDEPLOYED" }]);
    const serves = (await send("GET", `/inference_services/${record!.id}/serves`)).items;
    expect(serves).toMatchObject([{ modelVersionId: versions[0] }]);
    await untilEvent("disk", "Linked");
  });

  it("changes its version there, and begins another record for another model", async () => {
    const { service, records, send, model, other, versions } = await startVersions();
    await start({ VERSIONS_URL: service.url });
    await applied(isvc("disk", labelled(model, versions[0])));
    await until(async () => (await records()).length === 1, "the record is there", limitMs);
    await applied(isvc("disk", labelled(model, versions[1])));
    await until(async () => (await records())[0]!.modelVersionId === versions[1]);
    const [record] = await records();
    await until(
      async () => ((await send("GET", `/inference_services/${record!.id}/serves`)).items as Json[]).length === 2,
    );
    await applied(isvc("disk", labelled(other)));
    await until(async () => (await records()).length === 2, "there is a second record", limitMs);
    await until(async () => (await records())[0]!.desiredState === "UNDEPLOYED");
    expect((await records())[1]).toMatchObject({ registeredModelId: other, desiredState: "DEPLOYED" });
  });

  it("has no runtime there where its predictor names none, and a record of its own for each that had the name", async () => {
    const { service, records, model } = await startVersions();
    await start({ VERSIONS_URL: service.url });
    const custom = { containers: [{ name: "kserve-container" }] };
    const first = await applied(isvc("custom", labelled(model), { predictor: custom }));
    await until(async () => (await records()).length === 1, "the record is there", limitMs);
    expect((await records())[0]).not.toHaveProperty("runtime");
    await cluster.api.delete(first);
    await until(() => isGone(first), "it is gone", limitMs);
    expect(await records()).toMatchObject([{ desiredState: "UNDEPLOYED" }]);
    await applied(isvc("custom", labelled(model), { predictor: custom }));
    await until(async () => (await records()).length === 2, "there is a second record", limitMs);
    expect((await records()).map(({ desiredState }) => desiredState)).toEqual(["UNDEPLOYED", "DEPLOYED"]);
  });

  it("is found again in a registry that has lost its record, by a label of nobody's, and lets go of one without labels", async () => {
    const { service, records, model } = await startVersions();
    await start({ VERSIONS_URL: service.url });
    const stray = { ...labelled(model), [linkLabels.inferenceServiceId]: "4711" };
    const object = await applied(isvc("disk", stray));
    await until(async () => (await records()).length === 1, "the record is there", limitMs);
    await until(async () => {
      const { labels } = (await cluster.api.get(object)).metadata as { labels?: Json };
      return labels?.[linkLabels.inferenceServiceId] === (await records())[0]!.id;
    });
    const path = `/apis/serving.kserve.io/v1beta1/namespaces/${namespace}/inferenceservices/disk`;
    await cluster.api.send("PATCH", path, { metadata: { labels: null } }, "application/merge-patch+json");
    await until(async () => !("finalizers" in (await cluster.api.get(object)).metadata), "it is let go", limitMs);
    expect(await records()).toMatchObject([{ desiredState: "UNDEPLOYED" }]);
  });

  it("is found again by its name, where another controller has made the record, and gets its address now", async () => {
    const { service, records, send, model } = await startVersions();
    const object = await applied(isvc("disk", labelled(model)));
    await withUrl(object, "http://new.example");
    const { id: servingEnvironmentId } = await send("POST", "/serving_environments", { name: namespace });
    const url = { string_value: "http://old.example", metadataType: "MetadataStringValue" };
    const record = {
      name: `disk/${object.metadata.uid}`,
      registeredModelId: model,
      servingEnvironmentId,
      desiredState: "DEPLOYED",
      customProperties: { url, team: { ...url, string_value: "storage" } },
    };
    const { id } = await send("POST", "/inference_services", record);
    await start({ VERSIONS_URL: service.url });
    await until(async () => JSON.stringify(await records()).includes("http://new.example"), "it is written", limitMs);
    expect(await records()).toMatchObject([{ id, customProperties: { team: { string_value: "storage" } } }]);
  });

  it("may go while the registry is away, and when another one without any record has taken its place", async () => {
    const first = await startVersions();
    const { controller } = await start({ VERSIONS_URL: first.service.url });
    const one = await applied(isvc("one", labelled(first.model)));
    const two = await applied(isvc("two", labelled(first.model)));
    await until(async () => (await first.records()).length === 2, "the records are there", limitMs);
    await until(async () => "finalizers" in (await cluster.api.get(two)).metadata);
    await first.service.stop();
    await cluster.api.delete(one);
    await until(() => isGone(one), "it is gone", limitMs);
    await untilEvent("one", "RegistryNotUpdated");
    expect(await (await fetch(`${controller.url}/metrics`)).text()).toMatch(
      /^kserve_registry_controller_links_not_updated_total 1$/m,
    );
    await startRegistry({
      models: [{ name: "unrelated" }],
      env: { DATABASE_URL: "sqlite::memory:", PORT: String(first.service.port) },
    });
    await cluster.api.delete(two);
    await until(() => isGone(two), "it is gone", limitMs);
    expect((await eventsOf("two")).map(({ reason }) => reason)).not.toContain("RegistryNotUpdated");
  });

  it("is written once the registry is back", async () => {
    const gone = await startVersions();
    const { model } = gone;
    await gone.service.stop();
    const { log } = await start({ VERSIONS_URL: gone.service.url });
    await applied(isvc("disk", labelled(model)));
    await untilEvent("disk", "RegistryFailed");
    // The log says it when the Event has been written.
    await until(() => log.lines.some(({ msg }) => msg.includes(`InferenceService ${namespace}/disk is not linked`)));
    const back = await startVersions({ PORT: String(gone.service.port) });
    await until(async () => (await back.records()).length === 1, "the record is there", 30_000);
  });
});

describe("an InferenceService without the labels", () => {
  it("is left alone: no finalizer, and no call of the registry", async () => {
    const { service, model } = await startVersions();
    await start({ VERSIONS_URL: service.url });
    const plain = await applied(isvc("plain", { team: "storage" }));
    await applied(isvc("marker", labelled(model)));
    await untilEvent("marker", "Linked");
    expect(await cluster.api.get(plain)).toMatchObject({
      metadata: { resourceVersion: plain.metadata.resourceVersion },
    });
    expect(service.log.calls().some(({ url, path }) => String(url ?? path).includes("plain"))).toBe(false);
  });
});

/** Somebody's server that waits for the controller to call it. */
async function startTrap() {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    response.writeHead(500).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

describe("the token of the controller", () => {
  it("is the one that the file has now, while a registry does not take the old one", async () => {
    const registry = await startTrap();
    const token = join(temporaryFolder(), "token");
    writeFileSync(token, "first\n");
    await start({ VERSIONS_URL: registry.url, VERSIONS_TOKEN_FILE: token });
    await applied(isvc("disk", labelled("1")));
    const lastToken = () => registry.requests.at(-1)?.headers.authorization;
    await until(() => lastToken() === "Bearer first", "the first is sent", limitMs);
    writeFileSync(token, "second\n");
    await until(() => lastToken() === "Bearer second", "the second is sent", limitMs);
    // What cannot be looked up is not taken for missing.
    expect(registry.requests.filter(({ method }) => method !== "GET")).toEqual([]);
  });
});

describe("a registry with a certificate from an unknown authority", () => {
  /** The same registry behind TLS. */
  async function behindTls(port: number): Promise<string> {
    const server = createTlsServer(selfSigned(["registry.example"]), (socket) => {
      pipeline(socket, connect(port, "127.0.0.1"), socket, () => {});
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it("is not written into, and with SKIP_TLS_VERIFY is, by the client of registries alone", async () => {
    const { service, records, model } = await startVersions();
    const url = await behindTls(service.port);
    const first = await start({ VERSIONS_URL: url });
    await applied(isvc("disk", labelled(model)));
    await untilEvent("disk", "RegistryFailed");
    expect((await eventsOf("disk"))[0]!.note).toContain("self-signed certificate");
    expect(await records()).toEqual([]);
    await first.controller.stop();
    await start({ VERSIONS_URL: url, SKIP_TLS_VERIFY: "true" });
    await until(async () => (await records()).length === 1, "the record is there", limitMs);
    await expect(fetch(url)).rejects.toThrow();
  });
});

describe("the metrics of the controller", () => {
  it("are sent over TLS, to those alone who may get them", async () => {
    const { controller } = await start({ INFERENCE_SERVICE_CONTROLLER: "unmanaged", CONTROLLER_METRICS: "secure" });
    await bindClusterRole(cluster, "scraper", "options/controller/rbac/metrics_reader_role.yaml");
    const statusAs = (path: string, token?: string) =>
      new Promise<number>((resolve, reject) => {
        const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
        get(`${controller.url}${path}`, { headers, rejectUnauthorized: false, agent: false }, (response) => {
          response.resume();
          resolve(response.statusCode!);
        }).on("error", reject);
      });
    expect(controller.url).toMatch(/^https:/);
    expect(await statusAs("/metrics")).toBe(401);
    expect(await statusAs("/metrics", "none")).toBe(401);
    expect(await statusAs("/metrics", await cluster.tokenOf("stranger"))).toBe(403);
    expect(await statusAs("/metrics", await cluster.tokenOf("scraper"))).toBe(200);
    expect(await statusAs("/livez")).toBe(200);
    await expect(fetch(controller.url.replace("https", "http"))).rejects.toThrow();
  });
});

describe("the registry of an InferenceService", () => {
  it("is never one that is not allowed, whatever an annotation or a label says, and gets no token", async () => {
    const trap = await startTrap();
    const allowed = await startTrap();
    const folder = temporaryFolder();
    const token = join(folder, "token");
    writeFileSync(token, "secret-token\n");
    await start({ REGISTRY_URLS: allowed.url, VERSIONS_TOKEN_FILE: token, REGISTRIES_NAMESPACE: namespace });
    const annotated = (name: string, url: string) =>
      isvc(name, labelled("1"), { annotations: { [registryUrlAnnotation]: url } });
    const hostile = [
      trap.url,
      `${allowed.url}@${trap.url.slice(7)}`,
      `${allowed.url}.evil.example`,
      "http://169.254.169.254",
      "file:///etc/passwd",
      `${allowed.url}/..//`,
      "",
      " ",
    ];
    for (const [i, url] of hostile.entries()) await applied(annotated(`hostile-${i}`, url));
    const elsewhere = await newNamespace(cluster.api);
    await applied(isvc("elsewhere", { ...labelled("1"), [linkLabels.registryNamespace]: elsewhere }));
    await applied(annotated("good", allowed.url));
    await untilEvent("elsewhere", "RegistryNotAllowed");
    for (const i of hostile.keys()) {
      const reason = hostile[i] === "" ? "RegistryNotFound" : "RegistryNotAllowed";
      await untilEvent(`hostile-${i}`, reason);
    }
    await until(() => allowed.requests.length > 0, "the allowed one is called", limitMs);
    expect(allowed.requests[0]!.headers.authorization).toBe("Bearer secret-token");
    expect(trap.requests).toEqual([]);
  });

  it("is named by an Event where it cannot be updated, with the label to set", async () => {
    const service = (name: string): KubeObject => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace, labels: { component: "model-registry" } },
      spec: { ports: [{ name: "http-api", port: 8080 }] },
    });
    await start({ REGISTRIES_NAMESPACE: namespace });
    await applied(isvc("disk", labelled("1")));
    await untilEvent("disk", "RegistryNotFound");
    await cluster.api.apply([service("one"), service("two")]);
    await untilEvent("disk", "SeveralRegistries");
    const [event] = (await eventsOf("disk")).filter(({ reason }) => reason === "SeveralRegistries");
    expect(event).toMatchObject({ type: "Warning" });
    expect(event!.note).toContain("one, two");
    expect(event!.note).toContain("NAME_LABEL");
  });
});
