import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { variableGroups } from "../../src/config/config.ts";
import { entryFields } from "../../src/registry/model-entry.ts";
import { run } from "../peers/support/run.ts";
import { notesOf, only, podsOf, render, renderText } from "./support/chart.ts";
import { conformanceProblems } from "./support/conformance.ts";
import { chartDir, programs, projectDir } from "./support/paths.ts";
import { adr039, adr040, platform, valueMatrix } from "./support/value-matrix.ts";

describe.each(Object.entries(valueMatrix))("the chart with %s", (_, values) => {
  it("passes helm lint, with warnings as errors", async () => {
    const lint = await run(
      programs.helm,
      ["lint", chartDir, "--strict", "--quiet", "--namespace", "self-healing-platform", "--values", "-"],
      {
        stdin: JSON.stringify(values),
      },
    );
    expect(lint).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });

  it("renders to manifests that kubeconform finds nothing in", async () => {
    expect(await conformanceProblems(await renderText(values))).toEqual([]);
  });

  it("gives every pod what Pod Security calls restricted, with a read-only root and its resources", async () => {
    for (const { spec } of await podSpecsOf(values)) {
      expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
      for (const { securityContext, resources } of spec.containers) {
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          capabilities: { drop: ["ALL"] },
          readOnlyRootFilesystem: true,
        });
        expect(resources).toMatchObject({
          requests: { cpu: expect.anything() },
          limits: { memory: expect.anything() },
        });
      }
    }
  });
});

describe("the chart", () => {
  it("mentions every value in its README, with its default", () => {
    const readme = readFileSync(join(chartDir, "README.md"), "utf8");
    const schema = JSON.parse(readFileSync(join(chartDir, "values.schema.json"), "utf8")) as Schema;
    const missing = valuePaths(schema, schema.$defs!).filter((path) => !readme.includes(`| \`${path}\` |`));
    expect(missing).toEqual([]);
  });

  it("knows every field that an entry may have", () => {
    const { $defs } = JSON.parse(readFileSync(join(chartDir, "values.schema.json"), "utf8")) as Schema;
    expect(Object.keys($defs!.model!.properties!).sort()).toEqual([...entryFields].sort());
  });

  it("tells each of its sections from a misspelt one", async () => {
    const { properties } = JSON.parse(readFileSync(join(chartDir, "values.schema.json"), "utf8")) as Schema;
    const sections = Object.keys(properties!);
    const message = await render(Object.fromEntries(sections.map((name) => [`${name}x`, {}]))).then(
      () => "",
      (error: Error) => error.message,
    );
    const missing = sections.filter((name) => !message.includes(`${name}x: unknown value; did you mean ${name}?`));
    expect(sections.length).toBeGreaterThan(30);
    expect(missing).toEqual([]);
  });

  it("makes of a values file of the platform the pods that its own part alone makes", async () => {
    expect(podsOf(await render(platform))).toEqual(podsOf(await render(adr040)));
  });

  it("has the version of the program", () => {
    const { version } = JSON.parse(readFileSync(join(projectDir, "package.json"), "utf8")) as { version: string };
    expect(readFileSync(join(chartDir, "Chart.yaml"), "utf8")).toMatch(new RegExp(`^appVersion: ${version}$`, "m"));
  });

  it("sees its own defaults and the names of the program's variables as they are", () => {
    const read = (file: string): string => readFileSync(join(chartDir, file), "utf8");
    expect(read("files/defaults.yaml")).toBe(read("values.yaml"));
    const names = variableGroups.flatMap(({ variables }) => Object.values(variables).map(({ name }) => name));
    expect(read("files/variables.txt").trim().split("\n")).toEqual(names.sort());
  });

  it("brings the CustomResourceDefinition that the manifests have", () => {
    const own = readFileSync(join(projectDir, "manifests/kustomize/crd/model-registration.yaml"), "utf8");
    for (const file of ["charts/crds/charts/kept/crds/model-registration.yaml", "files/model-registration.yaml"]) {
      expect(readFileSync(join(chartDir, file), "utf8")).toBe(own);
    }
  });

  it("lets a new pod be ready before an old one goes, and a pod finish before it is killed", async () => {
    const objects = await render({ shutdown: { delaySeconds: 7, graceSeconds: 40 } });
    expect(only(objects, "Deployment").spec).toMatchObject({
      strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    });
    const { containers, terminationGracePeriodSeconds } = podsOf(objects).spec;
    expect(containers[0]!.env).toContainEqual({ name: "SHUTDOWN_DELAY", value: "7s" });
    expect(containers[0]!.env).toContainEqual({ name: "SHUTDOWN_GRACE", value: "40s" });
    expect(terminationGracePeriodSeconds).toBeGreaterThan(47);
  });

  it.each([
    [{}, "128MiB"],
    [{ resources: { limits: { memory: "1Gi" } } }, "256MiB"],
    [{ resources: { limits: { memory: "256M" } } }, "61MiB"],
    [{ resources: { limits: { memory: 1_000_000_000 } } }, "238MiB"],
    [{ resources: { limits: { memory: "1e9" } } }, "238MiB"],
    [{ resources: { limits: { memory: "0.5Gi" } } }, "128MiB"],
    [{ resources: { limits: { memory: "524288Ki" } } }, "128MiB"],
    [{ resources: { limits: { memory: "1Mi" } } }, "1MiB"],
    [{ resources: { limits: { memory: "1Ti" } } }, "65536MiB"],
    [{ resources: { limits: { memory: null } } }, undefined],
    [{ config: { MAX_BYTES_IN_MEMORY: "64MiB" } }, "64MiB"],
  ])("lets requests and answers take a quarter of the memory that it has: %j %s", async (values, size) => {
    const { env } = podsOf(await render(values)).spec.containers[0]!;
    expect(env.filter(({ name }) => name === "MAX_BYTES_IN_MEMORY").map(({ value }) => value)).toEqual(
      size === undefined ? [] : [size],
    );
  });

  it("says in its notes which sections are not its own", async () => {
    expect(await notesOf(platform)).toContain(
      "Ignored, as sections of other components: clusterGroup, notebooks, objectStore.",
    );
    expect(await notesOf(adr040)).not.toContain("Ignored");
  });

  it("says in its notes that services are deprecated, with the list to write instead", async () => {
    expect(await notesOf(adr039)).toMatch(
      /DEPRECATED: kserve\.services[\s\S]*- name: anomaly-detector\n +service: anomaly-detector-predictor\n +type: anomaly\n/,
    );
    expect(await notesOf(adr040)).toContain("2 models: anomaly-detector, predictive-analytics.");
    expect(await notesOf(adr040)).not.toContain("DEPRECATED");
  });
});

describe("the rights that the chart asks for", () => {
  const rulesOf = async (registry: object): Promise<string[]> =>
    (await render({ registry }))
      .filter(({ kind }) => kind === "Role" || kind === "ClusterRole")
      .flatMap(({ kind, metadata, rules }) =>
        (rules as { resources: string[]; verbs: string[]; resourceNames?: string[] }[]).map(
          ({ resources, resourceNames = [], verbs }) =>
            `${kind} ${metadata.namespace ?? ""}: ${verbs} ${[...resources, ...resourceNames].join("/")}`,
        ),
      );

  it.each<[object, string[]]>([
    [{ mode: "env" }, []],
    [{ mode: "configmap", configMap: { access: "mount" } }, []],
    [{ mode: "configmap" }, ["Role self-healing-platform: get,list,watch configmaps/kserve-model-registry"]],
    [
      { mode: "crd" },
      [
        "ClusterRole : get,list,watch modelregistrations",
        "ClusterRole : get,list,watch inferenceservices",
        "ClusterRole : get,list,watch services",
        "ClusterRole : create,update,patch,delete,deletecollection modelregistrations",
        "ClusterRole : get,list,watch modelregistrations",
      ],
    ],
    [
      { mode: "crd", watchNamespaces: ["self-healing-platform"] },
      [
        "Role self-healing-platform: get,list,watch modelregistrations",
        "Role self-healing-platform: get,list,watch inferenceservices",
        "Role self-healing-platform: get,list,watch services",
      ],
    ],
    [
      { mode: "discovery" },
      ["ClusterRole : get,list,watch inferenceservices", "ClusterRole : get,list,watch services"],
    ],
    [
      { mode: "discovery", watchNamespaces: ["b", "a"] },
      [
        "Role a: get,list,watch inferenceservices",
        "Role a: get,list,watch services",
        "Role b: get,list,watch inferenceservices",
        "Role b: get,list,watch services",
      ],
    ],
  ])("for %j are %j", async (registry, rules) => {
    expect(await rulesOf(registry)).toEqual(rules);
  });

  it.each([
    [{ mode: "env" }, false],
    [{ mode: "discovery" }, true],
    [{ mode: "configmap", configMap: { access: "mount" } }, false],
  ])("come with a token only where they are needed: %j %s", async (registry, token) => {
    expect(podsOf(await render({ registry })).spec.automountServiceAccountToken).toBe(token);
  });

  it("let the Kubernetes API check callers, where AUTH_MODE says so", async () => {
    const objects = await render({ config: { AUTH_MODE: "kubernetes" } });
    expect(only(objects, "ClusterRoleBinding")).toMatchObject({ roleRef: { name: "system:auth-delegator" } });
    expect(podsOf(objects).spec.automountServiceAccountToken).toBe(true);
  });
});

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly $ref?: string;
}

/** The values that a README has to describe: the leaves, and of `kserve` what stands below it. */
function valuePaths(schema: Schema, defs: Readonly<Record<string, Schema>>, path = ""): string[] {
  const skipped = ["enabled", "global", "coordinationEngine", "crds.global", "crds.kept"];
  const closed = ["resources", "labels", "model", "probe"];
  const name = schema.$ref?.replace("#/$defs/", "");
  const target = name === undefined ? schema : defs[name]!;
  // The platform's own values, which are passed over.
  if (skipped.includes(path) || name === "platform") return [];
  if (target.properties === undefined || closed.includes(name ?? "")) return [path];
  return Object.entries(target.properties).flatMap(([key, value]) =>
    valuePaths(value, defs, path === "" ? key : `${path}.${key}`),
  );
}

type PodSpec = { spec: { securityContext: object; containers: { securityContext: object; resources: object }[] } };

async function podSpecsOf(values: object): Promise<PodSpec[]> {
  return (await render(values as never)).flatMap((object) => {
    if (object.kind === "Pod") return [object as unknown as PodSpec];
    return object.kind === "Deployment" ? [(object.spec as { template: PodSpec }).template] : [];
  });
}
