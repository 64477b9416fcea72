import { createClient } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VersionRegistry } from "../../gen/kserve/versions/v1/version_registry_pb.ts";
import { runCli } from "../cli/support/run-cli.ts";
import { errorOf, partsOf } from "../support/error-details.ts";
import { type RunningService, startRegistry } from "../support/running-service.ts";
import { transportOf, ways } from "../support/ways.ts";
import { type Cluster, startCluster } from "./support/cluster.ts";
import { inferenceService, installInferenceServices, newNamespace } from "./support/manifests.ts";

let cluster: Cluster;
let namespace: string;
beforeAll(async () => {
  cluster = await startCluster();
  await installInferenceServices(cluster.api);
  namespace = await newNamespace(cluster.api);
  await cluster.api.apply(`
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: registry-asks }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:auth-delegator" }
subjects: [{ kind: ServiceAccount, name: registry, namespace: default }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: reads-versions }
rules: [{ apiGroups: [versions.kserve-model-registry.io], resources: ["*"], verbs: ["*"] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: read-versions }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reads-versions }
subjects:
  - { kind: ServiceAccount, name: deployer, namespace: default }
  - { kind: ServiceAccount, name: reader, namespace: default }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: deploys, namespace: ${namespace} }
rules: [{ apiGroups: [serving.kserve.io], resources: [inferenceservices], verbs: [get, create, patch] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: deployer, namespace: ${namespace} }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: deploys }
subjects: [{ kind: ServiceAccount, name: deployer, namespace: default }]
`);
});
afterAll(() => cluster?.stop());

/** A server with one version, and its client as one ServiceAccount. */
async function start(account: string) {
  const KUBECONFIG = await cluster.kubeconfigOf("registry");
  const service: RunningService = await startRegistry({
    env: { AUTH_MODE: "kubernetes", KUBECONFIG, DATABASE_URL: "sqlite::memory:" },
  });
  const headers = { authorization: `Bearer ${await cluster.tokenOf(account)}` };
  const client = createClient(VersionRegistry, transportOf(ways[0]!, service.url));
  const register = (name: string) =>
    client.registerVersion(
      {
        registeredModel: { name: "fraud" },
        modelVersion: { name },
        artifacts: [{ sort: { case: "modelArtifact", value: { uri: `s3://m/${name}`, modelFormatName: "sklearn" } } }],
      } as never,
      { headers },
    );
  await register("1");
  return { service, client, headers, register };
}

const stored = async (name: string) =>
  (await cluster.api.get(inferenceService(name, namespace))) as unknown as {
    readonly metadata: {
      readonly uid: string;
      readonly labels: object;
      readonly managedFields: readonly { readonly manager: string; readonly operation: string }[];
    };
    readonly spec: { readonly predictor: { readonly model: { readonly storageUri: string } } };
  };

describe("ApplyDeployment against an API server", () => {
  it("applies with the caller's token, changes what it applied, and audits it", async () => {
    const { service, client, headers, register } = await start("deployer");
    const deployment = { name: "fraud", namespace };
    const dry = await client.applyDeployment({ deployment, dryRun: true }, { headers });
    expect(dry.created).toBe(true);
    await expect(stored("fraud")).rejects.toThrow(/404/);

    const first = await client.applyDeployment({ deployment }, { headers });
    expect(first).toMatchObject({ created: true, plan: { namespace, serviceName: "fraud" } });
    const before = await stored("fraud");
    expect(before.metadata.labels).toMatchObject({
      "modelregistry.kubeflow.org/model-version-id": first.plan!.modelVersion!.id,
    });
    expect(before.metadata.managedFields).toMatchObject([{ manager: "kserve-model-registry", operation: "Apply" }]);

    await register("2");
    const second = await client.applyDeployment({ deployment }, { headers });
    expect(second.created).toBe(false);
    const after = await stored("fraud");
    expect(after.metadata.uid).toBe(before.metadata.uid);
    expect(after.spec.predictor.model.storageUri).toBe("model-registry://fraud/2");

    const verbs = (account: string) =>
      cluster
        .audit(`system:serviceaccount:default:${account}`)
        .filter(({ objectRef }) => objectRef?.resource === "inferenceservices")
        .map(({ verb }) => verb);
    expect(verbs("deployer")).toEqual(["patch", "patch", "patch"]);
    // The server's own rights, which may be larger, are not used.
    expect(verbs("registry")).toEqual([]);
    const audit = service.log.lines.filter(({ action }) => action === "deploy");
    expect(audit).toMatchObject([
      { caller: "system:serviceaccount:default:deployer", model: "fraud", service: `${namespace}/fraud` },
      { name: "2" },
    ]);
  });

  it("rejects what the caller may not do, and fields that others own", async () => {
    const { client, headers } = await start("deployer");
    const deployment = { name: "fraud", namespace, serviceName: "contested" };
    const reader = { authorization: `Bearer ${await cluster.tokenOf("reader")}` };
    const denied = partsOf(await errorOf(client.applyDeployment({ deployment }, { headers: reader })));
    expect(denied).toMatchObject({ code: "PermissionDenied", reason: "PERMISSION_DENIED" });
    const elsewhere = { ...deployment, namespace: "default" };
    expect(partsOf(await errorOf(client.applyDeployment({ deployment: elsewhere }, { headers })))).toMatchObject({
      code: "PermissionDenied",
    });

    const other = inferenceService("contested", namespace);
    await cluster.api.apply({
      ...other,
      spec: { predictor: { model: { modelFormat: { name: "sklearn" }, storageUri: "s3://other" } } },
    });
    const error = await errorOf(client.applyDeployment({ deployment }, { headers }));
    expect(partsOf(error)).toMatchObject({ code: "Aborted", reason: "DEPLOYMENT_CONFLICT" });
    expect(error.rawMessage).toContain("storageUri");
    await client.applyDeployment({ deployment, force: true }, { headers });
    expect((await stored("contested")).spec.predictor.model.storageUri).toBe("model-registry://fraud/1");

    const noNamespace = await errorOf(client.applyDeployment({ deployment: { name: "fraud" } }, { headers }));
    expect(partsOf(noNamespace).fields).toEqual(["deployment.namespace"]);
  });

  it("says that a cluster is away", async () => {
    const { client, headers } = await start("deployer");
    const deployment = { name: "fraud", namespace };
    // The token is known by now.
    await client.applyDeployment({ deployment, dryRun: true }, { headers });
    await cluster.killApiServer();
    try {
      const error = await errorOf(client.applyDeployment({ deployment }, { headers }));
      expect(partsOf(error)).toMatchObject({ code: "Unavailable", reason: "CLUSTER_UNAVAILABLE" });
    } finally {
      await cluster.startApiServer();
    }
  });
});

describe("deploy --apply", () => {
  it("applies with the kubeconfig of the user", async () => {
    const { url, versionId } = await open();
    const KUBECONFIG = await cluster.kubeconfigOf("deployer");
    const args = ["deploy", "fraud/1", "-n", namespace, "--name", "from-cli", "--address", url, "--apply"];
    const deploy = (...more: readonly string[]) => runCli([...args, ...more], { env: { KUBECONFIG } });
    const what = `InferenceService ${namespace}/from-cli`;
    expect(await deploy("--dry-run")).toEqual({
      status: 0,
      out: "",
      err: `${what} created (dry run), with fraud version 1\n`,
    });
    expect((await deploy()).err).toBe(`${what} created, with fraud version 1\n`);
    expect((await deploy()).err).toBe(`${what} configured, with fraud version 1\n`);
    expect((await stored("from-cli")).metadata.labels).toMatchObject({
      "modelregistry.kubeflow.org/model-version-id": versionId,
    });
    const reader = await runCli(args, { env: { KUBECONFIG: await cluster.kubeconfigOf("reader") } });
    expect(reader).toMatchObject({ status: 1, err: expect.stringMatching(/rejected .* \(HTTP 403\): /) });
  });
});

/** A server that asks nobody who they are, with one version. */
async function open() {
  const { url } = await startRegistry({ env: { DATABASE_URL: "sqlite::memory:" } });
  const client = createClient(VersionRegistry, transportOf(ways[0]!, url));
  const { modelVersion } = await client.registerVersion({
    registeredModel: { name: "fraud" },
    modelVersion: { name: "1" },
    artifacts: [{ sort: { case: "modelArtifact", value: { uri: "s3://m/1", modelFormatName: "sklearn" } } }],
  } as never);
  return { url, versionId: modelVersion!.id };
}
