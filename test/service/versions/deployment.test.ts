import { createClient } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { DeploymentMode } from "../../../gen/kserve/versions/v1/deployment_pb.ts";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { runCli } from "../../cli/support/run-cli.ts";
import { type ChildService, startChildService } from "../../support/child-service.ts";
import { errorOf, partsOf } from "../../support/error-details.ts";
import { transportOf, ways } from "../../support/ways.ts";

let service: ChildService;
beforeAll(async () => {
  service = await startChildService({ env: { DATABASE_URL: "sqlite::memory:" } });
  const { transport, close } = ways[0]!.create(service.url);
  const client = createClient(VersionRegistry, transport);
  for (const name of ["2.1.0", "2.2.0"]) {
    await client.registerVersion({
      registeredModel: { name: "disk-failure-predictor" },
      modelVersion: { name },
      artifacts: [
        { sort: { case: "modelArtifact", value: { uri: `s3://models/disk/${name}`, modelFormatName: "sklearn" } } },
      ],
    } as never);
  }
  await client.setAlias({ name: "disk-failure-predictor", alias: "champion", version: "2.1.0" });
  await client.registerVersion({
    registeredModel: { name: "gated" },
    modelVersion: { name: "1", customProperties: { hf_gated: { value: { case: "stringValue", value: "auto" } } } },
    artifacts: [{ sort: { case: "modelArtifact", value: { uri: "hf://org/gated", modelFormatName: "huggingface" } } }],
  } as never);
  close();
});
afterAll(() => service?.close());

const clientBy = (way: (typeof ways)[number]) => createClient(VersionRegistry, transportOf(way, service.url));

describe("PlanDeployment", () => {
  it.each(ways)("writes the manifest of the version that is chosen, by $name", async (way) => {
    const client = clientBy(way);
    const selector = { case: "alias", value: "champion" } as const;
    const deployment = { name: "disk-failure-predictor", namespace: "ml", selector };
    const { plan } = await client.planDeployment({ deployment });
    expect(plan).toMatchObject({ namespace: "ml", serviceName: "disk-failure-predictor", warnings: [] });
    expect(plan?.modelVersion?.name).toBe("2.1.0");
    expect(plan?.artifact?.sort).toMatchObject({ value: { uri: "s3://models/disk/2.1.0" } });
    const manifest = parse(plan!.manifest);
    expect(manifest.spec.predictor.model.storageUri).toBe("model-registry://disk-failure-predictor/2.1.0");
    expect(manifest.metadata.labels).toEqual({
      "modelregistry.kubeflow.org/registered-model-id": plan!.registeredModel!.id,
      "modelregistry.kubeflow.org/model-version-id": plan!.modelVersion!.id,
    });
    expect((await client.planDeployment({ deployment })).plan!.manifest).toBe(plan!.manifest);
    const newest = await client.planDeployment({ deployment: { name: "disk-failure-predictor" } });
    expect(newest.plan?.modelVersion?.name).toBe("2.2.0");
  });

  it.each([
    [{}, "INVALID_REQUEST", "deployment.name"],
    [{ name: "none" }, "RECORD_NOT_FOUND", undefined],
    [{ name: "disk-failure-predictor", selector: { case: "version", value: "9" } }, "VERSION_NOT_FOUND", undefined],
    [{ name: "disk-failure-predictor", selector: { case: "alias", value: "x" } }, "ALIAS_NOT_FOUND", undefined],
    [{ name: "disk-failure-predictor", selector: { case: "alias", value: "" } }, "INVALID_REQUEST", "deployment.alias"],
    [{ name: "disk-failure-predictor", mode: 9 }, "INVALID_REQUEST", "deployment.mode"],
    [{ name: "disk-failure-predictor", serviceName: "A B" }, "INVALID_REQUEST", "deployment.service_name"],
    [
      { name: "disk-failure-predictor", mode: DeploymentMode.STANDARD, canaryPercent: 10 },
      "INVALID_REQUEST",
      "deployment.canary_percent",
    ],
    [{ name: "gated" }, "INVALID_REQUEST", "deployment.version"],
  ])("refuses %j with %s", async (deployment, reason, field) => {
    const error = partsOf(await errorOf(clientBy(ways[0]!).planDeployment({ deployment } as never)));
    expect(error.reason).toBe(reason);
    if (field !== undefined) expect(error.fields).toEqual([field]);
  });
});

describe("ApplyDeployment", () => {
  it("is refused where the server does not ask Kubernetes who its callers are", async () => {
    const deployment = { name: "disk-failure-predictor", namespace: "ml" };
    const error = await errorOf(clientBy(ways[0]!).applyDeployment({ deployment }));
    expect(partsOf(error)).toMatchObject({ code: "FailedPrecondition", reason: "APPLY_DISABLED" });
    expect(error.rawMessage).toContain("AUTH_MODE=kubernetes");
  });
});

describe("deploy", () => {
  const deploy = (...args: readonly string[]) => runCli(["deploy", ...args, "--address", service.url]);

  it("prints the same manifest each time", async () => {
    const first = await deploy("disk-failure-predictor@champion", "-n", "ml", "--mode", "knative", "--canary", "10");
    expect(first).toMatchObject({ status: 0, err: "" });
    expect(parse(first.out)).toMatchObject({
      kind: "InferenceService",
      metadata: { name: "disk-failure-predictor", namespace: "ml" },
      spec: {
        predictor: {
          canaryTrafficPercent: 10,
          model: {
            modelFormat: { name: "sklearn" },
            storageUri: "model-registry://disk-failure-predictor/2.1.0",
          },
        },
      },
    });
    expect(await deploy("disk-failure-predictor/2.1.0", "-n", "ml", "--mode", "knative", "--canary", "10")).toEqual(
      first,
    );
  });

  it.each([
    [["disk-failure-predictor", "--canary", "10"], 1, "error: deployment.canary_percent: only the mode knative splits"],
    [["disk-failure-predictor", "--canary", "x"], 2, "error: option '--canary <percent>' argument 'x' is invalid"],
    [["a/b/c"], 2, 'error: "a/b/c": expected MODEL, MODEL/VERSION or MODEL@ALIAS'],
    [["disk-failure-predictor", "--apply"], 2, "error: --apply needs --namespace"],
    [["disk-failure-predictor", "--force"], 2, "error: --dry-run and --force need --apply"],
    [["none"], 1, "error: "],
  ])("%j ends with %i and says why", async (args, status, message) => {
    const ended = await deploy(...args);
    expect([ended.status, ended.out]).toEqual([status, ""]);
    expect(ended.err).toContain(message);
  });
});
