import { describe, expect, it } from "vitest";
import type { KubeObject } from "../kube/support/kube-api.ts";
import { output } from "../peers/support/run.ts";
import { objectsOf, render } from "./support/chart.ts";
import { kustomizeDir, programs } from "./support/paths.ts";
import { referencesOf } from "./support/references.ts";
import { valueMatrix } from "./support/value-matrix.ts";

const dangling = (objects: readonly KubeObject[]): string[] =>
  referencesOf(objects)
    .filter(({ found }) => !found)
    .map(({ from, to }) => `${from} names ${to}`);

describe("what the objects name of each other is there", () => {
  /** What somebody else makes, as the values say. */
  const ofOthers: Readonly<Record<string, string[]>> = {
    "a service account of another's making": ["Deployment/kserve-model-registry names ServiceAccount/models"],
  };

  it.each(Object.entries(valueMatrix))("in a release with %s", async (name, values) => {
    const objects = await render(values);
    expect(dangling(objects)).toEqual(ofOthers[name] ?? []);
    expect(referencesOf(objects).length).toBeGreaterThan(5);
  });

  it.each([
    ["base"],
    ["overlays/config-map"],
    ["overlays/discovery"],
    ["overlays/model-registration"],
    ["overlays/single-namespace"],
    ["overlays/config-map", "options/istio"],
    ["overlays/db", "options/istio"],
    ["overlays/postgres", "options/istio"],
    ["overlays/config-map", "options/versions-access"],
    ["overlays/model-registration", "options/controller/overlays/base"],
  ])("in the manifests of %s %s", async (...folders) => {
    const built = folders.map((folder) => output(programs.kustomize, ["build", `${kustomizeDir}/${folder}`]));
    expect(dangling(objectsOf((await Promise.all(built)).join("---\n")))).toEqual([]);
  });

  it("where it is not, it is found out", async () => {
    const objects = await render(valueMatrix["Gateway API"]!);
    const without = (kind: string): string[] => dangling(objects.filter((object) => object.kind !== kind));
    expect(without("Service")).toEqual([
      "GRPCRoute/kserve-model-registry names Service/kserve-model-registry: 8080",
      "HTTPRoute/kserve-model-registry names Service/kserve-model-registry: 8080",
    ]);
    expect(without("ServiceAccount")).toEqual([
      "Deployment/kserve-model-registry names ServiceAccount/kserve-model-registry",
    ]);
    expect(without("Deployment").length).toBeGreaterThan(4);
  });
});
