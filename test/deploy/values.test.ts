import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse, stringify } from "yaml";
import { CatalogSources } from "../../src/catalog/sources/catalog-sources.ts";
import { databaseOf } from "../../src/compose/database.ts";
import { readConfig } from "../../src/config/config.ts";
import type { KubeObject } from "../kube/support/kube-api.ts";
import { run } from "../peers/support/run.ts";
import { temporaryFolder } from "../support/certificates.ts";
import {
  environmentOfPods,
  notesOf,
  objectsOf,
  only,
  podsOf,
  render,
  renderText,
  type Values,
} from "./support/chart.ts";
import { release } from "./support/helm-release.ts";
import { chartDir, kustomizeDir, programs } from "./support/paths.ts";
import { hub, hubChart, valueMatrix } from "./support/value-matrix.ts";

const namespace = "self-healing-platform";
const environmentOf = async (values: Values, name?: string): Promise<Record<string, string>> =>
  environmentOfPods(podsOf(await render(values), name), namespace);
const controller = `${release}-controller`;

describe("a value of the usual name does what it does elsewhere", () => {
  /** The values, a kind with the name of its object, and the field that has to be there. */
  it.each<[string, Values, kind: string, path: string, expected: unknown]>([
    [
      "image.registry",
      { image: { registry: "r.example", repository: "a/b" } },
      "Deployment",
      image,
      "r.example/a/b:0.1.0",
    ],
    [
      "image.registry before the global one",
      { global: { imageRegistry: "g.example" }, image: { registry: "r.example" } },
      "Deployment",
      image,
      "r.example/kserve-model-registry:0.1.0",
    ],
    [
      "image.digest before the tag",
      { image: { tag: "1", digest: `sha256:${"a".repeat(64)}` } },
      "Deployment",
      image,
      `kserve-model-registry@sha256:${"a".repeat(64)}`,
    ],
    ["namespaceOverride", { namespaceOverride: "x" }, "Service", "metadata.namespace", "x"],
    ["deploymentAnnotations", { deploymentAnnotations: { a: "b" } }, "Deployment", "metadata.annotations.a", "b"],
    ["service.labels", { service: { labels: { a: "b" } } }, "Service", "metadata.labels.a", "b"],
    ["serviceAccount.labels", { serviceAccount: { labels: { a: "b" } } }, "ServiceAccount", "metadata.labels.a", "b"],
    [
      "strategy",
      { strategy: { rollingUpdate: { maxSurge: 2 } } },
      "Deployment",
      "spec.strategy.rollingUpdate.maxSurge",
      2,
    ],
    ["revisionHistoryLimit", { revisionHistoryLimit: 0 }, "Deployment", "spec.revisionHistoryLimit", 0],
    [
      "livenessProbe, beside what it leaves out",
      { livenessProbe: { periodSeconds: 30 } },
      "Deployment",
      "spec.template.spec.containers.0.livenessProbe",
      {
        httpGet: { path: "/livez", port: "http-api", scheme: "HTTP" },
        periodSeconds: 30,
        timeoutSeconds: 5,
        failureThreshold: 3,
      },
    ],
    [
      "securityContext",
      { podSecurityContext: { fsGroup: 7 } },
      "Deployment",
      "spec.template.spec.securityContext.fsGroup",
      7,
    ],
    [
      "podDisruptionBudget.minAvailable",
      { podDisruptionBudget: { minAvailable: 2 } },
      "PodDisruptionBudget",
      "spec.minAvailable",
      2,
    ],
    [
      "podDisruptionBudget.maxUnavailable 0",
      { podDisruptionBudget: { maxUnavailable: 0 } },
      "PodDisruptionBudget",
      "spec.maxUnavailable",
      0,
    ],
    [
      "autoscaling, by the CPU that a pod uses",
      { autoscaling: { enabled: true } },
      "HorizontalPodAutoscaler",
      "spec.metrics.0.resource.target",
      { type: "AverageValue", averageValue: "700m" },
    ],
    [
      "autoscaling in percent, as it was",
      { autoscaling: { enabled: true, targetCPUUtilizationPercentage: 70 } },
      "HorizontalPodAutoscaler",
      "spec.metrics.0.resource.target",
      { type: "Utilization", averageUtilization: 70 },
    ],
    [
      "openshift.route.annotations",
      { openshift: { route: { enabled: true, annotations: { a: "b" } } } },
      "Route",
      "metadata.annotations.a",
      "b",
    ],
    [
      "gateway.httpRoute.annotations",
      valueMatrix["Gateway API before TLS"]!,
      "HTTPRoute",
      "metadata.annotations.a",
      "b",
    ],
    [
      "TLS behind the Gateway API",
      valueMatrix["Gateway API before TLS"]!,
      "BackendTLSPolicy",
      "spec.validation.hostname",
      `${release}.${namespace}.svc`,
    ],
    ["ingress.className", valueMatrix["an Ingress"]!, "Ingress", "spec.ingressClassName", "nginx"],
    [
      "a ServiceMonitor's namespace",
      valueMatrix["monitoring elsewhere"]!,
      `ServiceMonitor ${release}`,
      "metadata.namespace",
      "monitoring",
    ],
    [
      "a rule's threshold",
      valueMatrix["monitoring elsewhere"]!,
      "PrometheusRule",
      "spec.groups.0.rules.3.expr",
      expect.stringContaining("> 1.5"),
    ],
    [
      "rules of one's own",
      valueMatrix["monitoring elsewhere"]!,
      "PrometheusRule",
      "spec.groups.1.rules.0.alert",
      "Mine",
    ],
    [
      "the Grafana operator",
      valueMatrix["monitoring elsewhere"]!,
      "GrafanaDashboard",
      "spec.configMapRef.name",
      `${release}-dashboard`,
    ],
    [
      "an absent ConfigMap that is mounted",
      mounted({ create: false }),
      "Deployment",
      "spec.template.spec.volumes.0.configMap.optional",
      true,
    ],
    ["one of the chart's own", mounted({}), "Deployment", "spec.template.spec.volumes.0.configMap.optional", undefined],
  ])("%s", async (_, values, kind, path, expected) => {
    const [kindName, name] = kind.split(" ");
    expect(fieldOf(only(await render(values), kindName!, name), path)).toEqual(expected);
  });

  it.each<[values: string, [kind: string, path: string, expected: unknown][]]>([
    [
      "pods of one's own making",
      [
        ["Deployment", `${pod}.topologySpreadConstraints.0.topologyKey`, "rack"],
        ["Deployment", `${pod}.hostAliases.0.ip`, "192.0.2.1"],
        ["Deployment", `${pod}.dnsPolicy`, "ClusterFirst"],
        ["Deployment", `${pod}.dnsConfig.options.0.name`, "ndots"],
        ["Deployment", `${pod}.initContainers.0.name`, "wait"],
        ["Deployment", `${pod}.containers.1`, expect.objectContaining({ image: expect.any(String) })],
        [`ConfigMap ${release}-text`, "apiVersion", "v1"],
      ],
    ],
    [
      "a Service for others",
      [
        ["Service", "spec.ports.0.nodePort", 30_080],
        ["Service", "spec.loadBalancerSourceRanges", ["192.0.2.0/24"]],
        ["Service", "spec.externalTrafficPolicy", "Local"],
      ],
    ],
    [
      "autoscaling by more than CPU",
      [["HorizontalPodAutoscaler", "spec.behavior.scaleDown.stabilizationWindowSeconds", 600]],
    ],
    [
      "monitoring elsewhere",
      [
        [`ServiceMonitor ${release}`, "spec.endpoints.0.scrapeTimeout", "10s"],
        [`ServiceMonitor ${release}`, "spec.endpoints.0.relabelings.0.action", "labeldrop"],
        [`ServiceMonitor ${release}`, "spec.endpoints.0.metricRelabelings.0.action", "drop"],
        [`ServiceMonitor ${release}`, "spec.endpoints.0.authorization.credentials.name", "prometheus-token"],
        ["PrometheusRule", "metadata.namespace", "monitoring"],
      ],
    ],
    [
      "the controller with files of its own",
      [
        [`Deployment ${release}-controller`, `${pod}.priorityClassName`, "system-cluster-critical"],
        [`Deployment ${release}-controller`, `${pod}.nodeSelector`, { "kubernetes.io/os": "linux" }],
        [`Deployment ${release}-controller`, `${pod}.affinity`, { podAntiAffinity: {} }],
      ],
    ],
  ])("together: %s", async (values, rows) => {
    const objects = await render(valueMatrix[values]!);
    const found = rows.map(([kind, path]) => {
      const [kindName, name] = kind.split(" ");
      return [kind, path, fieldOf(only(objects, kindName!, name), path)];
    });
    expect(found).toEqual(rows);
  });

  it("labels and annotations of everything, the pods included", async () => {
    const objects = (await render(valueMatrix["labels and annotations of everything"]!)).filter(
      ({ kind }) => kind !== "CustomResourceDefinition",
    );
    const missing = objects.filter(
      ({ metadata }) =>
        (metadata.labels as Record<string, string>)["app.kubernetes.io/part-of"] !== "aiops" ||
        (metadata.annotations as Record<string, string>)["example.com/owner"] !== "aiops",
    );
    expect(missing).toEqual([]);
    expect(podsOf(objects, release).metadata.labels).toMatchObject({ "app.kubernetes.io/part-of": "aiops" });
    expect(new Set(objects.map(({ metadata }) => metadata.namespace))).toEqual(new Set([undefined, "coordination"]));
  });

  it("secrets for images, the global ones first", async () => {
    const { imagePullSecrets } = podsOf(await render(valueMatrix["global values"]!)).spec;
    expect(imagePullSecrets).toEqual([{ name: "shared" }, { name: "more" }, { name: "own" }]);
  });

  it("access control by auth and tls.clientCA, with the same variables as by config", async () => {
    expect(await environmentOf(valueMatrix["callers that an issuer knows, with certificates"]!)).toMatchObject({
      AUTH_MODE: "oidc",
      AUTH_OPEN: "health",
      AUTH_CACHE_TTL: "30s",
      AUTH_MODELS_CLAIM: "models",
      OIDC_ISSUER: "http://dex.auth.svc:5556/dex",
      OIDC_AUDIENCE: "registry,models",
      TLS_CLIENT_CA_FILE: "/etc/tls-client-ca/ca.crt",
      TLS_CLIENT_NAMES: "spiffe://cluster.local/ns/a/sa/b",
    });
    const [byAuth, byConfig] = [{ auth: { mode: "kubernetes" } }, { config: { AUTH_MODE: "kubernetes" } }];
    expect(await environmentOf(byAuth)).toEqual(await environmentOf(byConfig));
    expect(only(await render(byAuth), "ClusterRoleBinding")).toMatchObject({
      roleRef: { name: "system:auth-delegator" },
    });
  });

  it("definitions that can be left out", async () => {
    const kinds = async (values: Values): Promise<string[]> => (await render(values)).map(({ kind }) => kind);
    expect(await kinds({})).toContain("CustomResourceDefinition");
    expect(await kinds({ crds: { enabled: false } })).not.toContain("CustomResourceDefinition");
  });

  it("no alert about an empty registry that is to be empty", async () => {
    const rules = { metrics: { prometheusRule: { enabled: true } } };
    expect(await renderText(rules)).toContain("KServeModelRegistryEmpty");
    expect(await renderText({ ...rules, kserve: { enabled: false } })).not.toContain("KServeModelRegistryEmpty");
  });

  it("one target for each pod, with a headless Service too", async () => {
    const objects = await render({ service: { headless: true }, metrics: { serviceMonitor: { enabled: true } } });
    const { matchLabels } = only<{ spec: { selector: { matchLabels: Record<string, string> } } }>(
      objects,
      "ServiceMonitor",
    ).spec.selector;
    const scraped = objects.filter(
      ({ kind, metadata }) =>
        kind === "Service" &&
        Object.entries(matchLabels).every(
          ([name, value]) => (metadata.labels as Record<string, string>)[name] === value,
        ),
    );
    expect(scraped.map(({ metadata }) => metadata.name)).toEqual([release]);
  });
});

describe("the catalog", () => {
  it("has its files where the variables say, and the server takes them", async () => {
    const objects = await render(valueMatrix["a catalog"]!);
    const { data } = only<{ data: Record<string, string> }>(objects, "ConfigMap", "kserve-model-registry-catalog");
    const { spec } = podsOf(objects);
    const env = environmentOfPods(podsOf(objects), namespace);
    expect(env).toMatchObject({
      CATALOG_SOURCES:
        "/etc/catalog/release/sources.yaml,/etc/catalog/team-catalog/sources.yaml,/etc/catalog/user-sources/user.yaml",
      CATALOG_PERFORMANCE_DIRS: "/benchmarks",
      CATALOG_HF_URL: "https://hub.example.com",
      CATALOG_HF_TOKEN_FILE: "/etc/catalog-token/token",
    });
    const mounts = spec.containers[0]!.volumeMounts as { name: string; mountPath: string }[];
    expect(mounts.map(({ mountPath }) => mountPath)).toEqual([
      ...["release", "team-catalog", "user-sources"].map((folder) => `/etc/catalog/${folder}`),
      "/etc/catalog-token",
      "/benchmarks",
    ]);
    expect(new Set((spec.volumes as { name: string }[]).map(({ name }) => name))).toEqual(
      new Set(mounts.map(({ name }) => name)),
    );
    const folder = temporaryFolder();
    for (const [name, text] of Object.entries(data)) writeFileSync(join(folder, name), text);
    const sources = new CatalogSources({
      sourcesFiles: [join(folder, "sources.yaml")],
      performanceDirs: [],
      dataDirs: [],
      maxFileBytes: 1_000_000,
      maxEntries: 100,
      log: { info: () => {}, warn: () => {} },
    });
    await sources.start();
    await sources.settled();
    await sources.stop();
    expect(sources.snapshot.models.map(({ name }) => name)).toEqual(["ours/disk-forecast"]);
    expect(sources.snapshot.servers.map(({ name }) => name)).toEqual(["tickets"]);
  });

  it("is off by itself", async () => {
    expect(await environmentOf({})).not.toHaveProperty("CATALOG_SOURCES");
  });
});

describe("the registry of versions", () => {
  it("has its file on a volume that stays, written by one pod at a time", async () => {
    const objects = await render(valueMatrix["versions in an embedded database"]!);
    const claim = only(objects, "PersistentVolumeClaim");
    expect(claim).toMatchObject({
      metadata: { annotations: { "helm.sh/resource-policy": "keep" } },
      spec: { storageClassName: "fast", resources: { requests: { storage: "5Gi" } } },
    });
    expect(only(objects, "Deployment").spec).toMatchObject({ replicas: 1, strategy: { type: "Recreate" } });
    const { spec } = podsOf(objects);
    expect(spec).toMatchObject({
      securityContext: { fsGroup: 65532, runAsNonRoot: true },
      volumes: [{ name: "versions", persistentVolumeClaim: { claimName: claim.metadata.name } }],
    });
    const [mount] = spec.containers[0]!.volumeMounts as [{ mountPath: string; readOnly?: boolean }];
    const { DATABASE_URL } = environmentOfPods(podsOf(objects), namespace);
    expect(DATABASE_URL).toMatch(new RegExp(`^sqlite:${mount.mountPath}/`));
    expect(mount.readOnly).toBeUndefined();
  });

  it("reaches a server with a password from a file, and checks its certificate", async () => {
    const objects = await render(valueMatrix["versions in an external database"]!);
    const env = environmentOfPods(podsOf(objects), namespace);
    expect(env).toMatchObject({
      DATABASE_URL: "postgres://registry@postgres.databases.svc:5432/registry",
      DATABASE_PASSWORD_FILE: "/etc/database/password",
      DATABASE_TLS: "verify-full",
      DATABASE_CA_FILE: "/etc/database-ca/ca.crt",
    });
    expect(podsOf(objects).spec.volumes).toMatchObject([
      { name: "database", secret: { secretName: "registry-database", items: [{ key: "password", path: "password" }] } },
      { name: "database-ca", configMap: { name: "database-ca" } },
    ]);
    expect(only(objects, "Deployment").spec).toMatchObject({ replicas: 2 });
    expect(databaseOf(readConfig(env).config).problems).toEqual([]);
  });

  it("comes with the rights to view and edit it, where the Kubernetes API is asked", async () => {
    const objects = await render(valueMatrix["versions that the Kubernetes API guards"]!);
    const roles = objects.filter(({ kind, metadata }) => kind === "ClusterRole" && /versions/.test(metadata.name));
    const ofFile = objectsOf(readFileSync(join(kustomizeDir, "components/versions-access/cluster-roles.yaml"), "utf8"));
    const rules = (all: typeof roles) =>
      all.map((role) => ({
        rules: role.rules,
        aggregates: Object.keys(role.metadata.labels ?? {})
          .filter((label) => label.includes("aggregate-to"))
          .sort(),
      }));
    const byVerbs = (a: object, b: object) => JSON.stringify(a).localeCompare(JSON.stringify(b));
    expect(rules(roles)).toHaveLength(2);
    // The chart and the manifests give the same.
    expect(rules(roles).sort(byVerbs)).toEqual(rules(ofFile).sort(byVerbs));
    for (const other of ["versions in an embedded database", "callers that the Kubernetes API checks"]) {
      expect((await render(valueMatrix[other]!)).filter(({ kind }) => kind === "ClusterRole")).toEqual([]);
    }
  });

  it("is off by itself", async () => {
    expect(await environmentOf({})).not.toHaveProperty("DATABASE_URL");
  });
});

describe("values arrive as they were written", () => {
  it.each([
    [1_000_000, "1000000"],
    [0.5, "0.5"],
    ["a $$ and $(PORT) and $", "a $$ and $(PORT) and $"],
    [true, "true"],
  ])("in config: %s", async (value, text) => {
    expect(await environmentOf({ config: { OTEL_SERVICE_NAME: value } })).toMatchObject({ OTEL_SERVICE_NAME: text });
  });

  it("in descriptions, every dollar of them", async () => {
    const description = "costs $$5 or $5, $(PORT), $$(PORT), $$$";
    const { KSERVE_MODEL_REGISTRY } = await environmentOf({
      kserve: { models: [{ name: "a", service: "a", type: "anomaly", description }] },
    });
    expect(JSON.parse(KSERVE_MODEL_REGISTRY!)).toMatchObject([{ description }]);
  });

  it("in names that YAML takes for numbers and nothing", async () => {
    const objects = await render(valueMatrix["names that YAML would take for something else"]!);
    const names = objects
      .filter(({ kind }) => kind === "ModelRegistration")
      .map(({ metadata, spec }) => [metadata.name, (spec as { namespace: unknown }).namespace]);
    expect(names).toEqual([
      ["123", "456"],
      ["1e3", "456"],
      ["null", "456"],
    ]);
    expect(objects.filter(({ kind }) => kind === "Role").map(({ metadata }) => metadata.namespace)).toContain("123");
    const release = await render({ fullnameOverride: "1e3", serviceAccount: { name: "007" } }, { namespace: "42" });
    const words = release
      .flatMap(({ metadata }) => [metadata.name, metadata.namespace])
      .filter((one) => one !== undefined);
    expect(words.filter((one) => typeof one !== "string")).toEqual([]);
    expect(podsOf(release).spec.serviceAccountName).toBe("007");
  });
});

describe("a section that is null takes its defaults", () => {
  const defaults = parse(readFileSync(join(chartDir, "values.yaml"), "utf8")) as Record<string, unknown>;
  const sections = Object.keys(defaults);

  it.each([
    ["each of them", sections],
    ["the autoscaler alone", ["autoscaling"]],
  ])("%s", async (_, names) => {
    expect(sections.length).toBeGreaterThan(50);
    const values = Object.fromEntries(names.map((name) => [name, null]));
    expect(await renderText(values)).toEqual(await renderText({}));
  });

  const nested = sections.flatMap((name) =>
    isMap(defaults[name])
      ? Object.entries(defaults[name])
          .filter(([, value]) => isMap(value) || typeof value === "boolean")
          .map(([key]) => `${name}.${key}`)
      : [],
  );

  it("and so does what is null within it", async () => {
    // What a map with keys of the user's choice leaves out is left out.
    const closed = nested.filter((path) => !/^(resources|strategy|\w*[sS]ecurityContext)\./.test(path));
    expect(closed.length).toBeGreaterThan(20);
    const values: Record<string, Record<string, null>> = {};
    for (const path of closed) {
      const [section, key] = path.split(".") as [string, string];
      values[section] = { ...values[section], [key]: null };
    }
    expect(await renderText(values)).toEqual(await renderText({}));
  });
});

describe("values of a platform", () => {
  it("without a coordination engine are passed over, with a note of each section", async () => {
    expect(podsOf(await render(hub))).toEqual(podsOf(await render({})));
    expect(await notesOf(hub)).toContain(
      "Ignored, as sections of other components: cluster, clusterGroup, features, gitea, main, metadata, modelServing, " +
        "monitoring, namespace, networking, notebooks, objectStore, secrets, security, storage, workbench.",
    );
  });

  it("with names of their own for models are mapped", async () => {
    const { KSERVE_MODEL_REGISTRY, ...env } = await environmentOf(hubChart);
    expect(JSON.parse(KSERVE_MODEL_REGISTRY!)).toEqual([
      { name: "anomaly-detector", service: "anomaly-detector-stable", type: "anomaly" },
      {
        name: "predictive-analytics",
        service: "predictive-analytics-stable",
        type: "predictive",
        model: "predictive-analytics-v2",
      },
    ]);
    expect(env).toMatchObject({ KSERVE_PREDICTOR_PORT: "8080", KSERVE_TIMEOUT: "120s", KSERVE_NAMESPACE: namespace });
    expect(podsOf(await render(hubChart)).spec.serviceAccountName).toBe(release);
    expect(await notesOf(hubChart)).toContain(
      "Ignored, as settings for ServiceAccounts of other components: rbac.clusterScoped, rbac.crossNamespaceEnabled, " +
        "rbac.roleBindingName, rbac.roleName, rbac.serviceAccountName.",
    );
  });

  it("whose models are in a list as well take the list", async () => {
    const kserve = (hubChart.coordinationEngine as { kserve: object }).kserve;
    const models = [{ name: "anomaly-detector", service: "listed", type: "anomaly" }];
    const { KSERVE_MODEL_REGISTRY } = await environmentOf({ coordinationEngine: { kserve: { ...kserve, models } } });
    expect(JSON.parse(KSERVE_MODEL_REGISTRY!)).toMatchObject([{ service: "listed" }, { name: "predictive-analytics" }]);
  });

  it("are those of a chart above this one, with a condition and global values", async () => {
    const folder = mkdtempSync(join(tmpdir(), "kserve-model-registry-parent-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    mkdirSync(join(folder, "charts"));
    cpSync(chartDir, join(folder, "charts/kserve-model-registry"), { recursive: true });
    const dependency = { name: "kserve-model-registry", version: "0.1.0", condition: "kserve-model-registry.enabled" };
    writeFileSync(
      join(folder, "Chart.yaml"),
      stringify({ apiVersion: "v2", name: "parent", version: "1.0.0", dependencies: [dependency] }),
    );
    const rendered = async (enabled: boolean): Promise<KubeObject[]> => {
      const values = {
        global: { imageRegistry: "registry.example" },
        "kserve-model-registry": { enabled, autoscaling: null },
      };
      writeFileSync(join(folder, "values.yaml"), stringify(values));
      const { code, stdout, stderr } = await run(programs.helm, ["template", "parent", folder]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      return objectsOf(stdout);
    };
    expect(podsOf(await rendered(true)).spec.containers[0]).toMatchObject({
      image: "registry.example/kserve-model-registry:0.1.0",
    });
    expect(await rendered(false)).toEqual([]);
  });
});

describe("the controller", () => {
  it("gets the variables that it reads, with the files that they name, and none of the server's", async () => {
    const objects = await render(valueMatrix["the controller with files of its own"]!);
    const env = environmentOfPods(podsOf(objects, controller), namespace);
    expect(env).toMatchObject({
      POD_NAMESPACE: namespace,
      KUBECONFIG: "/etc/spokes/kubeconfig",
      KSERVE_CLUSTERS: "spoke-1",
      KSERVE_CA_FILE: "/etc/model-ca/ca.crt",
      KSERVE_CLIENT_CERT_FILE: "/etc/model-client/tls.crt",
      KSERVE_CREDENTIALS_DIRS: "/etc/model-client",
      LOG_LEVEL: "debug",
    });
    expect(Object.keys(env).filter((name) => /^(TLS|AUTH|OIDC|MAX|CORS)_/.test(name))).toEqual([]);
    const { containers, volumes } = podsOf(objects, controller).spec;
    const mounts = containers[0]!.volumeMounts as { name: string; mountPath: string }[];
    const paths = Object.values(env).filter((value) => value.startsWith("/"));
    expect(paths.filter((path) => !mounts.some(({ mountPath }) => path.startsWith(mountPath)))).toEqual([]);
    expect(mounts.map(({ name }) => name).sort()).toEqual(
      (volumes as { name: string }[]).map(({ name }) => name).sort(),
    );
  });

  it("links InferenceServices to the registry of the release, with a token for it alone and the rights to", async () => {
    const objects = await render(valueMatrix["the controller that links InferenceServices"]!);
    const pods = podsOf(objects, controller);
    expect(environmentOfPods(pods, namespace)).toMatchObject({
      INFERENCE_SERVICE_CONTROLLER: "managed",
      VERSIONS_URL: `http://${release}.${namespace}.svc.cluster.local:8080`,
      VERSIONS_TOKEN_FILE: "/var/run/secrets/kserve-model-registry/token",
      REGISTRIES_NAMESPACE: namespace,
    });
    const token = { path: "token", audience: "kserve-model-registry", expirationSeconds: 3600 };
    expect(pods.spec.volumes).toEqual([
      { name: "registry-token", projected: { sources: [{ serviceAccountToken: token }] } },
    ]);
    type Rules = { rules: { resources: string[]; verbs: string[] }[] };
    const role = only<Rules>(objects, "ClusterRole", `${namespace}-${controller}`);
    expect(role.rules).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ resources: ["inferenceservices"], verbs: ["patch"] }),
        expect.objectContaining({ resources: ["inferenceservices/finalizers"], verbs: ["update"] }),
      ]),
    );
    expect(only(objects, "Role", `${controller}-versions`).metadata).toMatchObject({ namespace: "storage-monitoring" });
    const { ingress } = only<{ spec: { ingress: { from: object[] }[] } }>(objects, "NetworkPolicy", release).spec;
    expect(JSON.stringify(ingress)).toContain('"component":"controller"');
    expect(await environmentOf({ controller: { enabled: true } }, controller)).not.toHaveProperty("VERSIONS_URL");
  });

  it("links InferenceServices to registries elsewhere, and may see which there are", async () => {
    const name = "the controller that links InferenceServices of one namespace to registries elsewhere";
    const objects = await render(valueMatrix[name]!);
    const pods = podsOf(objects, controller);
    expect(environmentOfPods(pods, namespace)).toMatchObject({
      VERSIONS_URL: "https://registry.ml.svc:8443",
      REGISTRY_URLS: "http://other.ml.svc.cluster.local:8080",
      REGISTRIES_NAMESPACE: "kubeflow,storage-monitoring",
      VERSIONS_CA_FILE: "/etc/registry-ca/ca.crt",
    });
    expect(pods.spec.volumes).toMatchObject([{ name: "registry-token" }, { name: "registry-ca" }]);
    const roles = objects.filter(({ metadata }) => metadata.name === `${controller}-registries`);
    // It may read all that it needs of storage-monitoring already.
    expect(roles.map(({ kind, metadata }) => [kind, metadata.namespace])).toEqual([
      ["Role", "kubeflow"],
      ["RoleBinding", "kubeflow"],
    ]);
    expect(objects.some(({ kind }) => kind.startsWith("Cluster"))).toBe(false);
  });

  it("does not exit over a variable of the server whose file it does not have", async () => {
    const config = { TLS_CLIENT_CA_FILE: "/etc/extra/ca.crt", AUTH_MODE: "kubernetes", KSERVE_TIMEOUT: "30s" };
    const env = await environmentOf({ controller: { enabled: true }, config }, controller);
    expect(env).toMatchObject({ KSERVE_TIMEOUT: "30s" });
    expect(env).not.toHaveProperty("TLS_CLIENT_CA_FILE");
    expect(env).not.toHaveProperty("AUTH_MODE");
  });
});

describe("what the pods may call", () => {
  type Rule = {
    to?: { namespaceSelector?: object; ipBlock?: { cidr: string; except?: string[] } }[];
    ports?: { port: number }[];
  };
  const egressOf = async (values: Values, name = release): Promise<Rule[]> =>
    only<{ spec: { egress: Rule[] } }>(await render(values), "NetworkPolicy", name).spec.egress;
  const blocksOf = (rules: Rule[]): string[] =>
    rules.flatMap(({ to = [], ports }) =>
      to.flatMap(({ ipBlock }) =>
        ipBlock === undefined
          ? []
          : [`${ipBlock.cidr} -${ipBlock.except ?? ""} ${ports?.map(({ port }) => port) ?? "all"}`],
      ),
    );
  const dns = "169.254.20.10/32 - 53,53,5353,5353";
  const metadata = "169.254.0.0/16,168.63.129.16/32,100.100.100.200/32,192.0.0.192/32";

  it.each<[string, Values, string[]]>([
    ["DNS and pods", {}, [dns]],
    [
      "the API server, where it is asked",
      { registry: { mode: "crd" } },
      [dns, `0.0.0.0/0 -${metadata} 443,6443`, "::/0 -fd00:ec2::254/128,fd20:ce::254/128,fe80::/10 443,6443"],
    ],
    [
      "ranges that are named, without metadata services in them",
      valueMatrix["egress to ranges"]!,
      [
        dns,
        "10.0.0.1/32 - 6443",
        "192.0.2.0/24 - all",
        "160.0.0.0/4 -169.254.0.0/16,168.63.129.16/32 all",
        "fd00::/8 -fd00:ec2::254/128,fd20:ce::254/128 all",
        "fd20::/16 -fd20:ce::254/128 all",
        "2001:db8::/32 - all",
        "198.51.100.7/32 - all",
      ],
    ],
    [
      "anything, but for metadata services",
      { networkPolicy: { allowExternalEgress: true } },
      [dns, `0.0.0.0/0 -${metadata} all`, "::/0 -fd00:ec2::254/128,fd20:ce::254/128,fe80::/10 all"],
    ],
  ])("%s", async (_, values, blocks) => {
    const rules = await egressOf(values);
    expect(blocksOf(rules)).toEqual(blocks);
    expect(rules[1]).toEqual({ to: [{ namespaceSelector: {} }] });
  });

  it("is the same for the controller, which always asks the API server", async () => {
    expect(blocksOf(await egressOf({ controller: { enabled: true } }, controller))).toHaveLength(3);
  });
});

describe("a browser's page of another site", () => {
  it.each<[Values, string | undefined]>([
    [{}, ""],
    [{ config: { CORS_ALLOWED_ORIGINS: "https://a.example" } }, "https://a.example"],
    [{ auth: { mode: "kubernetes" } }, undefined],
  ])("may call only where it cannot do so for anybody: %j", async (values, origins) => {
    expect((await environmentOf(values)).CORS_ALLOWED_ORIGINS).toBe(origins);
  });
});

describe("the notes of a release", () => {
  it.each<[string, Values]>([
    ["ingress", valueMatrix["an Ingress"]!],
    ["openshift.route", { openshift: { route: { enabled: true } } }],
    ["service.type", { service: { type: "LoadBalancer" } }],
    ["gateway.grpcRoute, gateway.httpRoute", valueMatrix["Gateway API"]!],
    ["istio.virtualService", valueMatrix.istio!],
  ])("warn where it is exposed without access control, by %s", async (by, values) => {
    expect(await notesOf(values)).toContain(`WARNING: the registry is exposed outside the cluster (${by})`);
    expect(await notesOf({ ...values, auth: { mode: "kubernetes" } })).not.toContain("WARNING");
  });
});

const pod = "spec.template.spec";
const image = "spec.template.spec.containers.0.image";

function mounted(configMap: object): Values {
  return { registry: { mode: "configmap", configMap: { access: "mount", ...configMap } } };
}

function fieldOf(object: unknown, path: string): unknown {
  return path.split(".").reduce((value, key) => (value as Record<string, unknown> | undefined)?.[key], object);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
