import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DescMethodUnary } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VersionRegistry } from "../../gen/kserve/versions/v1/version_registry_pb.ts";
import { versionsFamily } from "../../src/api/versions/rest/routes.ts";
import type { VersionsRestDeps } from "../../src/api/versions/rest/versions-context.ts";
import { errorOf, partsOf } from "../support/error-details.ts";
import { type RunningService, startRegistry } from "../support/running-service.ts";
import { until } from "../support/until.ts";
import { transportOf, ways } from "../support/ways.ts";
import { type Cluster, startCluster } from "./support/cluster.ts";

const manifests = join(import.meta.dirname, "../../manifests/kustomize/components/versions-access");
const versionsNamespace = "ml";

/** Who may do what in the registry of versions, by the roles that ship; `one` by a Role for one model alone. */
const rights = `
apiVersion: v1
kind: Namespace
metadata: { name: ${versionsNamespace} }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: registry-asks }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:auth-delegator" }
subjects: [{ kind: ServiceAccount, name: registry, namespace: default }]
---
${binding("viewer", versionsNamespace, "ClusterRole", "kserve-model-registry-versions-view")}
---
${binding("editor", versionsNamespace, "ClusterRole", "kserve-model-registry-versions-view")}
---
${binding("editor", versionsNamespace, "ClusterRole", "kserve-model-registry-versions-edit", "editor-edits")}
---
${binding("elsewhere", "default", "ClusterRole", "kserve-model-registry-versions-edit")}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: fraud-owner, namespace: ${versionsNamespace} }
rules:
  - apiGroups: [versions.kserve-model-registry.io]
    resources: [registeredmodels, modelversions, artifacts]
    resourceNames: [fraud]
    verbs: [get, list, create, update, delete]
---
${binding("one", versionsNamespace, "Role", "fraud-owner")}
`;

function binding(account: string, namespace: string, kind: string, role: string, name = account): string {
  return `apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: ${name}, namespace: ${namespace} }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ${kind}, name: ${role} }
subjects: [{ kind: ServiceAccount, name: ${account}, namespace: default }]`;
}

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.api.apply(readFileSync(join(manifests, "cluster-roles.yaml"), "utf8"));
  await cluster.api.apply(rights);
});
afterAll(() => cluster?.stop());

async function start(): Promise<RunningService> {
  const KUBECONFIG = await cluster.kubeconfigOf("registry");
  return startRegistry({
    env: {
      AUTH_MODE: "kubernetes",
      KUBECONFIG,
      DATABASE_URL: "sqlite::memory:",
      VERSIONS_NAMESPACE: versionsNamespace,
    },
  });
}

const api = "/api/model_registry/v1";

async function send(url: string, token: string | undefined, method: string, path: string, body?: object) {
  const response = await fetch(url + path, {
    method,
    headers: { connection: "close", ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, json: text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : {} };
}

/** Every route that keeps something, and every RPC. */
const routes = versionsFamily({} as VersionsRestDeps).routes.filter(({ operation }) => !("501" in operation.responses));
const methods = Object.values(VersionRegistry.method) as unknown as readonly DescMethodUnary[];

/** Bodies that get as far as the question who is asking, by the operation. */
const bodies: Readonly<Record<string, object>> = {
  createRegisteredModel: { name: "fraud" },
  createModelVersion: { name: "1", registeredModelId: "1" },
  createRegisteredModelVersion: { name: "1", registeredModelId: "1" },
  createArtifact: { artifactType: "metric", value: 1 },
  upsertModelVersionArtifact: { artifactType: "metric", value: 1 },
  updateArtifact: { artifactType: "metric", value: 1 },
  createServingEnvironment: { name: "prod" },
  createInferenceService: { registeredModelId: "1", servingEnvironmentId: "1" },
  createEnvironmentInferenceService: { registeredModelId: "1", servingEnvironmentId: "1" },
  createInferenceServiceServe: { modelVersionId: "1" },
  setAlias: { modelVersionId: "1" },
};

/** The fields of requests, by name. */
const fields = {
  id: "1",
  name: "fraud",
  alias: "champion",
  version: "1",
  key: { case: "id", value: "1" },
  registeredModel: { id: "1", name: "fraud" },
  modelVersion: { id: "1", name: "1", registeredModelId: "1" },
  artifact: { id: "1", sort: { case: "metric", value: { value: 1 } } },
  servingEnvironment: { id: "1", name: "prod" },
  inferenceService: { id: "1", registeredModelId: "1", servingEnvironmentId: "1" },
  serveModel: { id: "1", inferenceServiceId: "1", modelVersionId: "1" },
  updateMask: { paths: ["description"] },
  deployment: { name: "fraud", namespace: "default" },
  versions: ["1", "2"].map((value) => ({ name: "fraud", selector: { case: "id", value } })),
};

function requestOf({ input }: DescMethodUnary): object {
  const isField = (name: string) => input.members.some(({ localName }) => localName === name);
  return Object.fromEntries(Object.entries(fields).filter(([name]) => isField(name)));
}

describe("the registry of versions with AUTH_MODE=kubernetes against an API server", () => {
  it("rejects callers without a token or without rights, on every route", { timeout: 120_000 }, async () => {
    const { url } = await start();
    const stranger = await cluster.tokenOf("stranger");
    // 6 collections with 6 each, and 14 below records, in both versions of the API.
    expect(routes).toHaveLength(2 * (6 * 6 + 14));
    for (const { method, path, operation } of routes) {
      const id = operation.operationId.replace(/V1alpha3$/, "");
      const query = id.startsWith("find") ? "?name=fraud&parentResourceId=1" : "";
      const where = path.replace(/\{(id|serveId)\}/g, "1").replace("{alias}", "champion") + query;
      const body = ["POST", "PUT", "PATCH"].includes(method) ? (bodies[id] ?? {}) : undefined;
      for (const [token, status] of [
        [undefined, 401],
        [stranger, 403],
      ] as const) {
        const answer = await send(url, token, method, where, body);
        expect.soft(answer.status, `${method} ${where} ${JSON.stringify(answer.json)}`).toBe(status);
      }
    }
  });

  it("rejects callers without a token or without rights, for every RPC", { timeout: 120_000 }, async () => {
    const { url } = await start();
    const authorization = `Bearer ${await cluster.tokenOf("stranger")}`;
    const client = createClient(VersionRegistry, transportOf(ways[0]!, url)) as unknown as Readonly<
      Record<string, (request: object, options: object) => Promise<unknown>>
    >;
    expect(methods.length).toBeGreaterThan(30);
    // Everyone who is known may ask what they may do.
    const { testPermissions } = VersionRegistry.method;
    for (const method of methods.filter((one) => one !== testPermissions)) {
      const call = (headers: object) => errorOf(client[method.localName]!(requestOf(method), { headers }));
      expect.soft(partsOf(await call({})).code, method.name).toBe("Unauthenticated");
      const error = await call({ authorization });
      expect.soft(partsOf(error).code, `${method.name}: ${error.rawMessage}`).toBe("PermissionDenied");
    }
    const asked = { name: "fraud", permissions: [{ resource: "registeredmodels", verb: "get" }] };
    const ask = (headers: object) => client.testPermissions!(asked, { headers });
    expect(partsOf(await errorOf(ask({}))).code).toBe("Unauthenticated");
    expect(await ask({ authorization })).toMatchObject({ results: [{ allowed: false }] });
  });

  it("lets the roles that ship do what they say, in VERSIONS_NAMESPACE and nowhere else", async () => {
    const { url, log } = await start();
    const [viewer, editor, elsewhere] = await Promise.all([
      cluster.tokenOf("viewer"),
      cluster.tokenOf("editor"),
      cluster.tokenOf("elsewhere"),
    ]);
    const create = (token: string, name: string) => send(url, token, "POST", `${api}/registered_models`, { name });
    const made = await create(editor!, "fraud");
    expect([made.status, made.json.owner]).toEqual([201, "system:serviceaccount:default:editor"]);
    const path = `${api}/registered_models/${made.json.id}`;
    expect((await create(viewer!, "x")).status).toBe(403);
    expect((await create(elsewhere!, "x")).status).toBe(403);
    const answers = await Promise.all([
      send(url, viewer, "GET", `${api}/registered_models`),
      send(url, viewer, "GET", path),
      send(url, viewer, "PATCH", path, { description: "x" }),
      send(url, viewer, "DELETE", path),
      send(url, elsewhere, "GET", path),
      send(url, editor, "PATCH", path, { description: "finds fraud" }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 403, 403, 403, 200]);
    expect((await send(url, editor, "DELETE", path)).status).toBe(204);
    await until(() => log.lines.filter(({ msg }) => msg === "audit").length === 3);
    const audit = log.lines.filter(({ msg }) => msg === "audit");
    expect(audit).toMatchObject([
      { action: "create", name: "fraud", to: { name: "fraud" } },
      { action: "update", from: { description: null }, to: { description: "finds fraud" } },
      { action: "delete", name: "fraud" },
    ]);
    for (const line of audit) {
      expect(line).toMatchObject({ caller: "system:serviceaccount:default:editor", requestId: expect.any(String) });
    }
  });

  it("lets the owner of one model use that one alone", async () => {
    const { url } = await start();
    const [one, editor] = await Promise.all([cluster.tokenOf("one"), cluster.tokenOf("editor")]);
    const make = (token: string, name: string) => send(url, token, "POST", `${api}/registered_models`, { name });
    const other = await make(editor!, "churn");
    const own = await make(one!, "fraud");
    expect([own.status, (await make(one!, "x")).status]).toEqual([201, 403]);
    const versions = `${api}/registered_models/${own.json.id}/versions`;
    const body = { name: "1", registeredModelId: own.json.id };
    expect((await send(url, one, "POST", versions, body)).status).toBe(201);
    expect((await send(url, one, "GET", versions)).json.size).toBe(1);
    // Of another model it does not even learn whether it is there.
    const [there, notThere] = await Promise.all([
      send(url, one, "GET", `${api}/registered_models/${other.json.id}`),
      send(url, one, "GET", `${api}/registered_models/77`),
    ]);
    expect(there).toEqual({ ...notThere, status: 403 });
    expect((await send(url, one, "GET", `${api}/registered_models`)).status).toBe(403);
    const moved = { name: "2", registeredModelId: other.json.id };
    expect((await send(url, one, "POST", `${api}/model_versions`, moved)).status).toBe(403);
  });
});
