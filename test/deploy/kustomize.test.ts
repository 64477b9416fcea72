import { globSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { output } from "../peers/support/run.ts";
import { objectsOf, only, podsOf } from "./support/chart.ts";
import { conformanceProblems } from "./support/conformance.ts";
import { kustomizeDir, programs } from "./support/paths.ts";

const folders = globSync("**/kustomization.yaml", { cwd: kustomizeDir }).map(dirname).sort();

const build = (folder: string): Promise<string> => output(programs.kustomize, ["build", join(kustomizeDir, folder)]);

interface Rule {
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

describe("the folders of kustomizations", () => {
  it("are those that the layout names", () => {
    expect(folders).toEqual([
      "base",
      "crd",
      "options/controller/default",
      "options/controller/manager",
      "options/controller/metrics",
      "options/controller/network-policy",
      "options/controller/overlays/base",
      "options/controller/rbac",
      "options/istio",
      "overlays/config-map",
      "overlays/discovery",
      "overlays/model-registration",
      "overlays/single-namespace",
      "rbac",
    ]);
  });

  it.each(folders)("%s builds to manifests that kubeconform finds nothing in", async (folder) => {
    expect(await conformanceProblems(await build(folder))).toEqual([]);
  });
});

describe("what is built", () => {
  it.each(["base", "overlays/config-map", "overlays/model-registration", "options/controller/overlays/base"])(
    "of %s stays in one namespace, its subjects included",
    async (folder) => {
      const objects = objectsOf(await build(folder));
      const namespaces = objects.flatMap(({ metadata, subjects = [] }) => [
        ...(metadata.namespace === undefined ? [] : [metadata.namespace]),
        ...(subjects as { namespace: string }[]).map(({ namespace }) => namespace),
      ]);
      expect([...new Set(namespaces)]).toEqual(["self-healing-platform"]);
    },
  );

  it("of base has the names that the ecosystem looks for", async () => {
    const objects = objectsOf(await build("base"));
    const labels = { component: "model-registry", "app.kubernetes.io/name": "kserve-model-registry" };
    expect(podsOf(objects).metadata.labels).toEqual(labels);
    expect(only(objects, "Service").spec).toMatchObject({
      selector: labels,
      ports: [{ name: "http-api", port: 8080, targetPort: "http-api", appProtocol: "kubernetes.io/h2c" }],
    });
    expect(
      objects.every(({ metadata }) => (metadata.labels as object) && metadata.name === "kserve-model-registry"),
    ).toBe(true);
  });

  it.each<[string, string[], string[]]>([
    ["base", [], []],
    ["overlays/config-map", ["config-map"], ["Role: get,list,watch configmaps kserve-model-registry"]],
    [
      "overlays/model-registration",
      ["model-registration"],
      ["ClusterRole: get,list,watch modelregistrations", "ClusterRole: get,list,watch inferenceservices"],
    ],
    ["overlays/discovery", ["discovery"], ["ClusterRole: get,list,watch inferenceservices"]],
    [
      "overlays/single-namespace",
      ["config-map", "model-registration", "discovery"],
      [
        "Role: get,list,watch configmaps kserve-model-registry",
        "Role: get,list,watch modelregistrations",
        "Role: get,list,watch inferenceservices",
      ],
    ],
  ])("of %s reads %j with these rights and no others", async (folder, sources, rights) => {
    const objects = objectsOf(await build(folder));
    const { env } = podsOf(objects).spec.containers[0]!;
    const given = env.find(({ name }) => name === "KSERVE_KUBERNETES_SOURCES")?.value ?? "";
    expect(given.split(",").filter((one) => one !== "")).toEqual(sources);
    expect(env.some(({ name }) => name === "KSERVE_MODELS_FILE")).toBe(sources.length === 0);
    expect(podsOf(objects).spec.automountServiceAccountToken).toBe(sources.length > 0);
    const rules = objects
      .filter(({ kind }) => kind === "Role" || kind === "ClusterRole")
      .flatMap(({ kind, rules }) =>
        (rules as Rule[]).map(({ resources, resourceNames = [], verbs }) =>
          [`${kind}:`, verbs.join(), ...resources, ...resourceNames].join(" "),
        ),
      );
    expect(rules).toEqual(rights);
  });
});
