import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readPage, snippetsOf } from "../docs/snippets.ts";
import { output } from "../peers/support/run.ts";
import { objectsOf, only, render, type Values } from "./support/chart.ts";
import { applyAll } from "./support/discovery.ts";
import { cacheDir, chartDir, programs, projectDir } from "./support/paths.ts";
import { sharedCluster, type TestCluster } from "./support/test-cluster.ts";

const pages = ["docs/DEPLOYMENT.md", "charts/kserve-model-registry/README.md"];

let cluster: TestCluster;
let folder: string;
let namespace: string;

beforeAll(async () => {
  cluster = sharedCluster();
  folder = mkdtempSync(join(tmpdir(), "kserve-model-registry-docs-"));
  for (const name of ["self-healing-platform", "storage-monitoring", "argocd"]) await cluster.restrictedNamespace(name);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * What cannot be done here: `helm test` needs pods that run, and release.test.ts makes its calls; building an image
 * needs an engine, and image.test.ts does what one would do.
 */
const elsewhere = /^(helm test|docker (build|push)|kubectl create namespace) /;

/** The commands of a page that can be tried, one a line. */
function commandsOf(page: string): { command: string; page: string }[] {
  return snippetsOf(readPage(page))
    .filter(({ language }) => language === "bash")
    .flatMap(({ text }) =>
      text
        .replaceAll(/\\\n\s*/g, "")
        .trim()
        .split("\n"),
    )
    .filter((command) => !elsewhere.test(command))
    .map((command) => ({ page, command }));
}

function valuesOf(page: string): Values {
  const values = snippetsOf(readPage(page)).find(
    ({ language, text }) => language === "yaml" && text.includes("\nkserve:"),
  );
  return parse(values!.text) as Values;
}

async function accepts(text: string): Promise<void> {
  const applied = await applyAll(cluster.api, objectsOf(text), "default", { dryRun: true });
  expect(applied.length).toBeGreaterThan(0);
  expect(applied.filter(({ status, warnings }) => status >= 300 || warnings !== "")).toEqual([]);
}

/** How each kind of command is tried. A command that none of these fits fails its test. */
const ways: readonly [
  pattern: RegExp,
  run: (command: string, page: string, match: RegExpExecArray) => Promise<void>,
][] = [
  [
    // For real, in a namespace of its own.
    /^helm (install|upgrade) /,
    async (command, page) => {
      const values = join(folder, "values.yaml");
      writeFileSync(values, JSON.stringify(valuesOf(page)));
      const here = command
        .replace("--values values.yaml", `--values ${values}`)
        .replaceAll("self-healing-platform", namespace)
        .replace(/^helm/, programs.helm);
      expect(await output("sh", ["-c", here], { env: { KUBECONFIG: cluster.kubeconfig } })).toContain(
        "STATUS: deployed",
      );
    },
  ],
  [
    /^kubectl apply -k (\S+)$/,
    async (_, __, [, path]) => accepts(await output(programs.kustomize, ["build", join(projectDir, path!)])),
  ],
  [
    /^kubectl apply (?:--server-side )?-f (\S+)$/,
    async (_, __, [, path]) => {
      const full = join(projectDir, path!);
      const files = statSync(full).isDirectory() ? readdirSync(full).map((name) => join(full, name)) : [full];
      for (const file of files) await accepts(readFileSync(file, "utf8"));
    },
  ],
  [
    /^kubectl patch configmap (\S+) -n (\S+) --patch-file (\S+)$/,
    async (_, __, [, name, at, path]) => {
      await cluster.api.apply({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: name!, namespace: at! } });
      const patch = only(objectsOf(readFileSync(join(projectDir, path!), "utf8")), "ConfigMap");
      const url = `/api/v1/namespaces/${at}/configmaps/${name}?dryRun=All`;
      const answer = await cluster.api.send("PATCH", url, patch, "application/strategic-merge-patch+json");
      expect(answer).toMatchObject({ status: 200, body: { data: patch.data } });
    },
  ],
];

describe.each(pages)("the commands of %s", (page) => {
  beforeAll(async () => {
    namespace = await cluster.restrictedNamespace();
  });

  it.each(commandsOf(page))("work: $command", async ({ command }) => {
    const way = ways.find(([pattern]) => pattern.test(command));
    expect(way, "there is a way to try it").toBeDefined();
    await way![1](command, page, way![0].exec(command)!);
  });
});

describe("what DEPLOYMENT.md shows", () => {
  const page = readPage("docs/DEPLOYMENT.md");

  it("is what helm says of a misspelt field", async () => {
    const model = { name: "disk-failure-predictor", service: "x", type: "predictive", inputFeature: ["iops"] };
    const good = { name: "anomaly-detector", service: "x", type: "anomaly" };
    const message = await render({ kserve: { models: [good, model] } }).then(
      () => "",
      (error: Error) => error.message,
    );
    const shown = snippetsOf(page).find(({ language, text }) => language === "text" && text.includes("inputFeature"))!;
    expect(message).toContain(shown.text.trim());
  });

  it("is a kustomization that can be built", async () => {
    const shown = snippetsOf(page).find(({ text }) => text.includes("kind: Kustomization"))!;
    // Kustomize takes only relative paths, and of the real folders.
    const from = mkdtempSync(join(realpathSync(cacheDir), "kustomization-"));
    try {
      const overlay = relative(from, join(realpathSync(projectDir), "manifests/kustomize/overlays/config-map"));
      writeFileSync(join(from, "kustomization.yaml"), shown.text.replace(/https:\/\/git\.example\S+/, overlay));
      const built = objectsOf(await output(programs.kustomize, ["build", from]));
      expect(only<{ data: Record<string, string> }>(built, "ConfigMap").data["models.yaml"]).toContain(
        "anomaly-detector",
      );
      expect(JSON.stringify(only(built, "Deployment"))).toContain("registry.example/ai/kserve-model-registry:0.1.0");
      expect(new Set(built.map(({ metadata }) => metadata.namespace))).toEqual(new Set(["coordination"]));
    } finally {
      rmSync(from, { recursive: true, force: true });
    }
  });

  it("names values of the chart that there are", () => {
    const readme = readFileSync(join(chartDir, "README.md"), "utf8");
    const named =
      page.match(
        /`(?:istio|gateway|openshift|metrics|shutdown|service|registry|networkPolicy|modelTls|tls|autoscaling)\.[A-Za-z.]+`/g,
      ) ?? [];
    expect(named.length).toBeGreaterThan(15);
    const known = (value: string): boolean =>
      readme.includes(`| ${value} |`) || readme.includes(`| ${value.slice(0, -1)}.`);
    expect(named.filter((value) => !known(value))).toEqual([]);
  });
});
