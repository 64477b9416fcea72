import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type RegistrationOutcome, registrationStatus } from "../../src/controller/registration-status.ts";
import type { RegisteredModel } from "../../src/registry/model.ts";
import type { ModelState } from "../../src/registry/readiness.ts";
import type { KubeObject } from "../kube/support/kube-api.ts";
import { argoProblems } from "./support/argo-cd.ts";
import { objectsOf, only, podsOf, render, type Values } from "./support/chart.ts";
import { conformanceProblems } from "./support/conformance.ts";
import { applyAll } from "./support/discovery.ts";
import { runLua } from "./support/lua.ts";
import { projectDir } from "./support/paths.ts";
import { sharedCluster, type TestCluster } from "./support/test-cluster.ts";

const folder = join(projectDir, "examples/gitops");
const files = globSync("**/*.yaml", { cwd: folder }).sort();
const textOf = (file: string): string => readFileSync(join(folder, file), "utf8");

interface ApplicationSpec {
  readonly source: { readonly path: string; readonly helm?: { readonly valuesObject: Values } };
  readonly destination: { readonly namespace: string };
}

let cluster: TestCluster;

beforeAll(async () => {
  cluster = sharedCluster();
  for (const name of ["argocd", "openshift-gitops", "storage-monitoring"]) await cluster.restrictedNamespace(name);
});

describe("the GitOps examples", () => {
  it.each(files)("%s is good for kubeconform and for an API server", async (file) => {
    expect(await conformanceProblems(textOf(file))).toEqual([]);
    const applied = await applyAll(cluster.api, objectsOf(textOf(file)), "default", { dryRun: true });
    expect(applied.filter(({ status, warnings }) => status >= 300 || warnings !== "")).toEqual([]);
  });

  const ofArgo = files
    .flatMap((file) => objectsOf(textOf(file)).map((object) => ({ file, kind: object.kind, object })))
    .filter(({ object }) => object.apiVersion.startsWith("argoproj.io/"));

  it.each(ofArgo)("$file has a $kind as Argo CD's own types describe it", async ({ object }) => {
    expect(await argoProblems(object)).toEqual([]);
    const misspelt = { ...object, spec: { ...(object.spec as object), syncPolicies: {} } };
    expect(await argoProblems(misspelt)).toEqual([expect.stringContaining("syncPolicies")]);
  });

  const specs: [string, ApplicationSpec][] = [
    ["argocd/platform.yaml", only(objectsOf(textOf("argocd/platform.yaml")), "Application").spec as never],
    [
      "acm/applicationset.yaml",
      (only(objectsOf(textOf("acm/applicationset.yaml")), "ApplicationSet").spec as { template: { spec: never } })
        .template.spec,
    ],
  ];

  it.each(specs)("%s installs a chart that is there, with values that it takes", async (_, { source, destination }) => {
    expect(source.path).toBe("charts/kserve-model-registry");
    const objects = await render(source.helm!.valuesObject, { namespace: destination.namespace });
    expect(await conformanceProblems(JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }))).toEqual([]);
    expect(podsOf(objects, "kserve-model-registry-controller").spec.containers[0]!.args).toEqual(["controller"]);
  });

  it("register models after the platform, which brings their definition", async () => {
    const waveOf = ({ metadata }: KubeObject): number =>
      Number((metadata.annotations as Record<string, string>)["argocd.argoproj.io/sync-wave"]);
    const platform = only(objectsOf(textOf("argocd/platform.yaml")), "Application");
    const models = only(objectsOf(textOf("argocd/models.yaml")), "Application");
    expect(waveOf(models)).toBeGreaterThan(waveOf(platform));
    const { helm } = (platform.spec as ApplicationSpec).source;
    const [first] = await render(helm!.valuesObject);
    expect(first).toMatchObject({ kind: "CustomResourceDefinition" });
  });

  it("place registries where the Placement decides", () => {
    const set = only(objectsOf(textOf("acm/applicationset.yaml")), "ApplicationSet");
    const placement = only(objectsOf(textOf("acm/placement.yaml")), "Placement");
    expect(JSON.stringify(set.spec)).toContain(
      `"cluster.open-cluster-management.io/placement":"${placement.metadata.name}"`,
    );
    expect(JSON.stringify(only(objectsOf(textOf("acm/placement.yaml")), "GitOpsCluster").spec)).toContain(
      `"name":"${placement.metadata.name}"`,
    );
  });
});

describe("the health check of ModelRegistrations, run by Lua", () => {
  const { data } = only<{ data: Record<string, string> }>(objectsOf(textOf("argocd/argocd-cm.yaml")), "ConfigMap");
  const check = (object: object): Promise<unknown> =>
    runLua(data["resource.customizations.health.aiops.platform.io_ModelRegistration"]!, object);
  /** What the controller writes. */
  const statusOf = (outcome: RegistrationOutcome): object => registrationStatus(outcome, 2, {}, "2026-01-01T00:00:00Z");
  const model = { name: "a", address: { rule: "url-format", url: "http://a.b" } } as RegisteredModel;
  const found = (state: ModelState): object =>
    statusOf({ accepted: true, model, readiness: { state, reason: "why", checkTime: undefined } });
  const invalid: RegistrationOutcome = {
    accepted: false,
    reason: "Invalid",
    problems: [{ field: "spec.timeout", message: "expected a duration" }],
  };
  const registration = (status: object | undefined, generation = 2): object => ({
    metadata: { name: "a", generation },
    ...(status === undefined ? {} : { status }),
  });

  it.each([
    ["nothing has looked at it", registration(undefined), "Progressing"],
    ["it has changed since", registration(found("ready"), 3), "Progressing"],
    ["its model is ready", registration(found("ready")), "Healthy"],
    ["its model is not ready", registration(found("not-ready")), "Degraded"],
    ["its model cannot be reached", registration(found("unreachable")), "Degraded"],
    ["its model was not asked yet", registration(found("unknown")), "Progressing"],
    ["it cannot be accepted", registration(statusOf(invalid)), "Degraded"],
  ])("when %s", async (_, object, status) => {
    expect(await check(object)).toMatchObject({ status, message: expect.any(String) });
  });
});
