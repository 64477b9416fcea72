import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ModelServer, startModelServer } from "../../demo/model-server.ts";
import { trainModels } from "../../demo/models.ts";
import { blocksOf, readPage, snippetsOf } from "../docs/snippets.ts";
import { output, run } from "../peers/support/run.ts";
import { until } from "../support/until.ts";
import { type BuiltProgram, startBuiltProgram } from "./support/built-program.ts";
import { environmentOfPods, objectsOf, only, podsOf, render, type Values } from "./support/chart.ts";
import { conformanceProblems } from "./support/conformance.ts";
import { instructionsOf, parseDockerfile } from "./support/dockerfile.ts";
import { upgradeRelease } from "./support/helm-release.ts";
import {
  blockCommandsOf,
  isAssignment,
  mentionedCommandsOf,
  type PageCommand,
  pages,
} from "./support/page-commands.ts";
import { cacheDir, chartDir, programs, projectDir } from "./support/paths.ts";
import { startOwnCluster } from "./support/test-cluster.ts";
import { adr039 } from "./support/value-matrix.ts";

/** What the quickstart finds by its label; its model, which a storage elsewhere has, is stood in for. */
const iris = {
  name: "sklearn-iris",
  service: "sklearn-iris-predictor",
  type: "classification",
  inputFeatures: ["sepal_length", "sepal_width", "petal_length", "petal_width"],
};
const irisModel = { predict: (instances: readonly unknown[]): number[] => instances.map(() => 1) };

let cluster: Awaited<ReturnType<typeof startOwnCluster>>;
let models: ModelServer;
let registry: BuiltProgram;
let variables: Record<string, string>;
/** Where the commands are run: as in a checkout, with the files that the pages have their readers write. */
let folder: string;
let namespace: string;

beforeAll(async () => {
  cluster = await startOwnCluster();
  const trained = trainModels();
  models = await startModelServer({
    models: { ...Object.fromEntries(trained.map(({ entry, model }) => [entry.name, model])), [iris.name]: irisModel },
  });
  variables = {
    KSERVE_MODEL_REGISTRY: JSON.stringify([...trained.map(({ entry }) => entry), iris]),
    KSERVE_URL_FORMAT: models.url,
  };
  registry = await startBuiltProgram(["serve"], variables);
  folder = mkdtempSync(join(tmpdir(), "kserve-model-registry-docs-"));
  for (const name of ["charts", "manifests", "examples", "src", "dist", "gen", "package.json", "node_modules"]) {
    symlinkSync(join(projectDir, name), join(folder, name));
  }
  mkdirSync(join(folder, "bin"));
  for (const name of ["kubectl", "helm"] as const) symlinkSync(programs[name], join(folder, "bin", name));
  const own = `#!/bin/sh\nexec "${process.execPath}" "${projectDir}/dist/kserve-model-registry.js" "$@"\n`;
  writeFileSync(join(folder, "bin/kserve-model-registry"), own);
  chmodSync(join(folder, "bin/kserve-model-registry"), 0o755);
  writeFileSync(join(folder, "token"), "of-the-caller\n");
  await prepareCluster();
  namespace = await cluster.restrictedNamespace();
});

afterAll(async () => {
  await registry.stop();
  await models.stop();
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What the pages take for granted: their namespaces, Argo CD's settings, and a model that is registered. */
async function prepareCluster(): Promise<void> {
  for (const name of ["self-healing-platform", "storage-monitoring", "argocd", "kubeflow", "ml"])
    await cluster.restrictedNamespace(name);
  await cluster.api.apply({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "argocd-cm", namespace: "argocd" },
  });
  const registration = blocksOf(readPage("docs/KUBERNETES.md"), "yaml").find((text) => text.includes("kind: Model"))!;
  await cluster.api.apply(registration);
}

/** The files that a page shows and its commands name. */
function writeFilesOf(page: string): void {
  const blocks = blocksOf(readPage(page), "yaml");
  const manifests = blocks.filter((text) => text.startsWith("apiVersion:"));
  const files: [name: string, text: string | undefined][] = [
    ["values.yaml", blocks.find((text) => /^kserve:/m.test(text))],
    ["platform-values.yaml", blocks.find((text) => /^coordinationEngine:/m.test(text))],
    ["disk-failure-predictor.yaml", manifests.length > 0 ? manifests.join("---\n") : undefined],
  ];
  // A block whose first line is its name.
  for (const text of blocks) {
    const name = /^# (\S+\.yaml)\n/.exec(text)?.[1];
    if (name !== undefined && !files.some(([known, given]) => known === name && given !== undefined)) {
      files.push([name, text]);
    }
  }
  for (const [name, text] of files) {
    rmSync(join(folder, name), { force: true });
    if (text !== undefined) writeFileSync(join(folder, name), text);
  }
}

/** What kubectl says of an object that Helm or this suite has made before it. */
const isOfAnotherMaker = /is missing the kubectl\.kubernetes\.io\/last-applied-configuration annotation/;

/** Runs a command as a reader would, and returns what it printed. A failure and a warning are errors. */
async function runHere(command: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const path = [join(folder, "bin"), join(projectDir, "node_modules/.bin"), process.env.PATH].join(delimiter);
  const { code, stdout, stderr } = await run("bash", ["-o", "pipefail", "-c", command], {
    cwd: folder,
    env: {
      ...variables,
      KSERVE_MODEL_REGISTRY_ADDRESS: registry.url,
      KUBECONFIG: cluster.kubeconfig,
      HOME: folder,
      PATH: path,
      ...env,
    },
  });
  const warnings = (stderr.match(/^(Warning|error):.*$/gim) ?? []).filter((line) => !isOfAnotherMaker.test(line));
  expect({ code, warnings }, stdout + stderr).toEqual({ code: 0, warnings: [] });
  return stdout;
}

/** A release is tried in a namespace of the page; the manifests of Kustomize name theirs. */
const inOwnNamespace = (command: string): string =>
  / (-k|-f) (manifests|examples|charts)/.test(command)
    ? command
    : command.replaceAll(/self-healing-platform|\bquickstart\b/g, namespace).replace(/ --wait$/, "");

/** What a word in capitals stands for. */
const filledIn = (command: string): string =>
  command
    .replace("/var/run/secrets/tokens/registry", join(folder, "token"))
    .replaceAll(/\[?\bNAME\]?(?![A-Z])/g, "disk-failure-predictor")
    .replaceAll(/\bNAMESPACE\b/g, "storage-monitoring")
    .replaceAll("FILE...", "examples/migration/values-hub.yaml");

type Way = (command: string, match: RegExpExecArray) => Promise<void>;

/** How each kind of command is tried, the first that fits. A command that none fits fails its test. */
const ways: readonly [pattern: RegExp, run: Way][] = [
  [/^helm (install|upgrade) /, async (command) => expect(await runHere(command)).toContain("STATUS: deployed")],
  [
    // The namespace is there already.
    /^kubectl create namespace (\S+)$/,
    async (command) => void (await runHere(`${command}-of-a-reader`)),
  ],
  [
    // Nobody here rolls a Deployment out: its controller's word is given instead.
    /^kubectl rollout status deployment\/(\S+) -n (\S+)$/,
    async (command, [, name, at]) => {
      const object = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: name!, namespace: at! } };
      const { metadata, spec } = await cluster.api.get(object);
      const { replicas } = spec as { replicas: number };
      const counts = { replicas, updatedReplicas: replicas, readyReplicas: replicas, availableReplicas: replicas };
      await cluster.api.applyStatus({ ...object, status: { observedGeneration: metadata.generation, ...counts } });
      expect(await runHere(command)).toContain("successfully rolled out");
    },
  ],
  [
    // Pods take a node. That what they are asked of is there, and what the log would say, can be seen without.
    /^kubectl logs (.*) \| (grep \S+)$/,
    async (_, [, target, grep]) => {
      await runHere(`kubectl get ${target}`);
      writeFileSync(join(folder, "log"), registry.output());
      expect(await runHere(`${grep} log`)).toContain("Registered KServe model: disk-failure-predictor");
    },
  ],
  [
    // The same: the port of the Service is looked up instead of being forwarded.
    /^kubectl port-forward (-n \S+ service\/\S+) \d+:(\d+)$/,
    async (_, [, service, port]) => {
      const ports = await runHere(`kubectl get ${service} -o jsonpath='{.spec.ports[*].port}'`);
      expect(ports.split(" ")).toContain(port);
    },
  ],
  [
    // The same: the variables are those that the chart gives a pod with the values of ADR-039.
    /^kubectl exec \S+ -- env \| (kserve-model-registry .*)$/,
    async (_, [, command]) => {
      const env = environmentOfPods(podsOf(await render(adr039)));
      const lines = Object.entries(env).map(([name, value]) => `${name}=${value}`);
      writeFileSync(join(folder, "env"), lines.join("\n"));
      expect(await runHere(`${command} <env`)).toContain("- name: anomaly-detector");
    },
  ],
  [
    // The same: the program is run here, and finds the address where the pod would.
    /^kubectl exec (-n \S+ deploy\/\S+) -- (kserve-model-registry .*)$/,
    async (_, [, target, command]) => {
      await runHere(`kubectl get ${target}`);
      expect(await runHere(command!)).not.toBe("");
    },
  ],
  [
    // KServe is not here to say so.
    /^kubectl wait --for=condition=Ready inferenceservice\/(\S+) -n (\S+) --timeout=\S+$/,
    async (command, [, name, at]) => {
      const object = {
        apiVersion: "serving.kserve.io/v1beta1",
        kind: "InferenceService",
        metadata: { name: name!, namespace: at! },
      };
      await cluster.api.apply({ ...object, status: { conditions: [{ type: "Ready", status: "True" }] } });
      await runHere(command);
    },
  ],
  [
    // Namespaces do not go without their controller, and the definition is needed by the other pages.
    /^kubectl delete (namespace|crd) (\S+)$/,
    async (command) => expect(await runHere(`${command} --dry-run=server`)).toContain("deleted"),
  ],
  [
    // The step before a database is deployed; the suite has taken it already.
    /^cp (manifests\S+\.example) (\S+)$/,
    async (_, [, example, copy]) => void (await runHere(`test -f ${example} && test -f ${copy}`)),
  ],
  [/^kubectl /, async (command) => void (await runHere(command))],
  [/^helm uninstall /, async (command) => expect(await runHere(command)).toContain("uninstalled")],
  [
    /^curl -s (?:-d '[^']*' )?http:\/\/127\.0\.0\.1:8080\//,
    async (command) => {
      const answer = await runHere(command.replace("http://127.0.0.1:8080", registry.url));
      expect(JSON.parse(answer)).toMatchObject(command.includes(" -d ") ? { predictions: [1] } : { name: iris.name });
    },
  ],
  [
    /^docker build /,
    async (command) => {
      const args = parseDockerfile(readFileSync(join(projectDir, "Dockerfile"), "utf8")).flatMap((stage) =>
        instructionsOf(stage, "ARG").map(({ words }) => words[0]!.split("=")[0]),
      );
      const given = [...command.matchAll(/--build-arg (\w+)=/g)].map(([, name]) => name);
      expect(given.length).toBeGreaterThan(0);
      expect(args).toEqual(expect.arrayContaining(given));
    },
  ],
  [
    // A server of its own, before the registry of the page.
    /^kserve-model-registry ui --registry \S+$/,
    async () => {
      const page = await startBuiltProgram(["ui", "--registry", registry.url], {});
      try {
        expect((await fetch(`${page.url}/ui/`)).status).toBe(200);
      } finally {
        await page.stop();
      }
    },
  ],
  [
    /^(?:kserve-model-registry|npx node src\/main\.ts|node dist\/kserve-model-registry\.js) (?!controller$|watch$|migrate$|lint$)/,
    async (command) => expect(await runHere(command)).not.toBe(""),
  ],
  [
    // These go on until they are stopped, or need what the text does not give.
    /^(?:kserve-model-registry|node dist\/kserve-model-registry\.js)(?: (controller|watch|migrate|lint))?$/,
    async (command, [, name = ""]) =>
      expect(await runHere(`${command} --help`)).toContain(`Usage: kserve-model-registry ${name}`),
  ],
  [
    // Variables that a server is started with.
    /^((?:[A-Z_]+=\S+ )+)npm start$/,
    async (_, [, given]) => {
      const lines = [...given!.trim().split(" "), `KSERVE_MODEL_REGISTRY=${variables.KSERVE_MODEL_REGISTRY}`];
      writeFileSync(join(folder, "env"), lines.join("\n"));
      expect(await runHere("kserve-model-registry lint env")).toContain("no errors");
    },
  ],
  [
    /^npm run (\S+)/,
    async (_, [, script]) => {
      const { scripts } = JSON.parse(readFileSync(join(projectDir, "package.json"), "utf8")) as { scripts: object };
      expect(Object.keys(scripts)).toContain(script);
    },
  ],
];

/** What is not tried here, and why not. */
const elsewhere: readonly [pattern: RegExp, why: string][] = [
  [/^helm test /, "needs pods that run; release.test.ts makes its calls"],
  [/^kind /, "makes a cluster of containers, and needs an engine; everything after it is tried on an API server"],
  [
    /^(kubectl apply -f https:|helm install \S+ oci:)|-n cert-manager /,
    "installs what others publish, from the network",
  ],
  [/^docker compose /, "needs an engine; compose.test.ts starts what it would"],
  [/^docker push /, "needs an engine; image.test.ts does what one would do with the image"],
  [
    /^npm (ci|start|test)\b/,
    "what CI begins with, what starts every server that test/ starts, and what this is run by",
  ],
  [/^(grpcurl|buf curl) (-\S+ )?$/, "no call; test/docs and test/peers make calls with it"],
];

/** Pages whose blocks need other programs, and have a suite that runs them. */
const withOwnSuite: ReadonlySet<string> = new Set(["docs/VERSIONS.md"]); // test/peers/versions/page.test.ts

const tried = (commands: readonly PageCommand[]): PageCommand[] =>
  commands.filter(({ page, command }) => !withOwnSuite.has(page) && !isNotTried(command));
const isNotTried = (command: string): boolean => elsewhere.some(([pattern]) => pattern.test(`${command} `));

/** Starts a server with the variables that a command sets. */
async function startWith(assignment: string): Promise<void> {
  const print = `node -p 'JSON.stringify(process.env)'`;
  const all = JSON.parse(await runHere(`unset \${!KSERVE_*}\nset -a\n${assignment}\n${print}`)) as Record<
    string,
    string
  >;
  const env = Object.fromEntries(Object.entries(all).filter(([name]) => name.startsWith("KSERVE_")));
  const program = await startBuiltProgram(["serve"], env);
  await program.stop();
  expect(program.output()).toContain("Registered KServe model: disk-failure-predictor");
}

async function tryCommand(command: string): Promise<void> {
  const here = inOwnNamespace(command);
  if (isAssignment(here)) return startWith(here);
  const way = ways.find(([pattern]) => pattern.test(here));
  expect(way, "there is a way to try it").toBeDefined();
  await way![1](here, way![0].exec(here)!);
}

describe.each(pages.filter((page) => tried(blockCommandsOf(page)).length > 0))("the commands of %s", (page) => {
  beforeAll(async () => {
    namespace = await cluster.restrictedNamespace();
    writeFilesOf(page);
    // Who registers a model has a release.
    if (page === "docs/CUSTOM-MODELS.md") await upgradeRelease(cluster, namespace, {});
  });

  it.each(tried(blockCommandsOf(page)))("work: line $line, $command", ({ command }) => tryCommand(command));
});

describe.each(pages.filter((page) => tried(mentionedCommandsOf(page)).length > 0))(
  "what %s names in passing",
  (page) => {
    it.each(tried(mentionedCommandsOf(page)))("works: line $line, $command", ({ command }) =>
      tryCommand(filledIn(command)),
    );
  },
);

it.each(elsewhere)("%s is left out for commands that there are", (pattern) => {
  const commands = pages.flatMap((page) => [...blockCommandsOf(page), ...mentionedCommandsOf(page)]);
  expect(commands.filter(({ command }) => pattern.test(`${command} `))).not.toEqual([]);
});

it("the definition of an older chart is upgraded by the command that the pages show", async () => {
  const { command } = blockCommandsOf("docs/DEPLOYMENT.md").find(({ command }) => command.endsWith("/kept/crds"))!;
  const older = join(folder, "older-chart");
  cpSync(chartDir, older, { recursive: true });
  const file = join(older, "charts/crds/charts/kept/crds/model-registration.yaml");
  const own = readFileSync(file, "utf8");
  writeFileSync(file, own.replace("description: The InferenceService that serves the model.", "description: Older."));
  const [definition] = objectsOf(own);
  const described = async (): Promise<string> => JSON.stringify(await cluster.api.get(definition!));
  const listed = async (): Promise<boolean> => (await described().catch(() => undefined)) !== undefined;

  await cluster.api.delete(definition!);
  await until(async () => !(await listed()), "the definition is gone", 20_000);
  await runHere(`helm install older ${older} --namespace ${namespace}`);
  expect(await described()).toContain("Older.");
  await runHere(command);
  expect(await described()).not.toContain("Older.");
});

describe("the manifests that the pages show", () => {
  const shown = pages.flatMap((page) =>
    snippetsOf(readPage(page))
      .filter(({ language, text }) => language === "yaml" && /^apiVersion: (?!kustomize)/.test(text))
      .map(({ line, text }) => ({ page, line, text })),
  );

  it.each(shown)("are good: $page, line $line", async ({ text }) => {
    expect(await conformanceProblems(text)).toEqual([]);
    writeFileSync(join(folder, "shown.yaml"), text);
    await runHere("kubectl apply --dry-run=server -f shown.yaml");
  });
});

describe("what TROUBLESHOOTING.md shows", () => {
  const model = { name: "anomaly-detector", service: "x", type: "anomaly" };

  it.each<[shown: string, values: Values]>([
    [
      "at '/kserve/models/1': additional properties 'inputFeature' not allowed",
      { kserve: { models: [model, { ...model, inputFeature: [] }] } },
    ],
    ["kserv: unknown value; did you mean kserve?", { kserv: {} }],
    ["replicas: unknown value", { replicas: 2 }],
    ['the name "anomaly-detector" is used twice', { kserve: { models: [model, model] } }],
  ])("is what helm says: %s", async (shown, values) => {
    expect(readPage("docs/TROUBLESHOOTING.md")).toContain(`| \`${shown}\` |`);
    await expect(render(values)).rejects.toThrow(shown);
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
      const here = relative(from, realpathSync(projectDir));
      const text = shown.text.replaceAll(/https:\/\/git\.example\/\S+\/\/(\S+)\?ref=main/g, `${here}/$1`);
      writeFileSync(join(from, "kustomization.yaml"), text);
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
