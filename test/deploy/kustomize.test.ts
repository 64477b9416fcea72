import { globSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { databaseOf } from "../../src/compose/database.ts";
import { readConfig } from "../../src/config/config.ts";
import type { KubeObject } from "../kube/support/kube-api.ts";
import { output } from "../peers/support/run.ts";
import { environmentOfPods, objectsOf, only, podsOf } from "./support/chart.ts";
import { conformanceProblems } from "./support/conformance.ts";
import { cacheDir, kustomizeDir, programs } from "./support/paths.ts";
import { referencesOf } from "./support/references.ts";

const folders = globSync("**/kustomization.yaml", { cwd: kustomizeDir }).map(dirname).sort();

const build = (folder: string): Promise<string> => output(programs.kustomize, ["build", join(kustomizeDir, folder)]);

interface Rule {
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

interface Ref {
  readonly name: string;
  readonly key: string;
}

interface Workload {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly {
          readonly env: readonly {
            readonly name: string;
            readonly value?: string;
            readonly valueFrom?: { readonly secretKeyRef?: Ref; readonly configMapKeyRef?: Ref };
          }[];
        }[];
      };
    };
  };
}

describe("the folders of kustomizations", () => {
  it("are those that the layout names", () => {
    expect(folders).toEqual([
      "base",
      "components/config-map",
      "components/database",
      "components/discovery",
      "components/model-registration",
      "components/single-namespace",
      "components/versions-access",
      "crd",
      "options/catalog/base",
      "options/catalog/options/istio",
      "options/catalog/overlays/demo",
      "options/catalog/overlays/odh",
      "options/controller/default",
      "options/controller/manager",
      "options/controller/metrics",
      "options/controller/network-policy",
      "options/controller/overlays/base",
      "options/controller/rbac",
      "options/csi",
      "options/istio",
      "options/ui/base",
      "options/ui/overlays/istio",
      "options/ui/overlays/kubeflow",
      "options/ui/overlays/standalone",
      "options/versions-access",
      "overlays/config-map",
      "overlays/db",
      "overlays/discovery",
      "overlays/model-registration",
      "overlays/postgres",
      "overlays/single-namespace",
    ]);
  });

  it.each(folders.filter((folder) => !folder.startsWith("components/")))(
    "%s builds to manifests that kubeconform finds nothing in",
    async (folder) => {
      expect(await conformanceProblems(await build(folder))).toEqual([]);
    },
  );
});

describe("what is built", () => {
  it.each([
    ["overlays/config-map", "self-healing-platform"],
    ["overlays/model-registration", "self-healing-platform"],
    ["options/controller/overlays/base", "kubeflow"],
  ])("of %s stays in the namespace %s, its subjects included", async (folder, namespace) => {
    const objects = objectsOf(await build(folder));
    const namespaces = objects.flatMap(({ metadata, subjects = [] }) => [
      ...(metadata.namespace === undefined ? [] : [metadata.namespace]),
      ...(subjects as { namespace: string }[]).map(({ namespace }) => namespace),
    ]);
    expect([...new Set(namespaces)]).toEqual([namespace]);
  });

  it.each(["istio", "kubeflow", "standalone"])(
    "of options/ui/overlays/%s gives the page no rights",
    async (overlay) => {
      const objects = objectsOf(await build(`options/ui/overlays/${overlay}`));
      expect(objects.map(({ kind }) => kind).filter((kind) => /Role|Binding|Secret/.test(kind))).toEqual([]);
      expect(podsOf(objects).spec).toMatchObject({ automountServiceAccountToken: false });
      // A sidecar could add an identity that a caller then has without having shown it.
      expect(podsOf(objects).spec.containers).toHaveLength(1);
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

  it.each([
    ["db", "mysql:8.3", 3306, { MYSQL_USER_NAME: "MYSQL_USER", MYSQL_USER_PASSWORD: "MYSQL_PASSWORD" }],
    [
      "postgres",
      "postgres:16-alpine",
      5432,
      { POSTGRES_USER: "POSTGRES_USER", POSTGRES_PASSWORD: "POSTGRES_PASSWORD" },
    ],
  ])("of overlays/%s has %s on port %i, and the registry as its user", async (overlay, image, port, users) => {
    const objects = objectsOf(await build(`overlays/${overlay}`));
    expect(objects.filter(({ metadata }) => metadata.namespace !== undefined)).toEqual([]);
    const registry = only<Workload>(objects, "Deployment", "kserve-model-registry").spec.template.spec.containers[0]!;
    expect(registry).toMatchObject({
      name: "rest-container",
      command: ["/model-registry", "proxy", "--hostname=0.0.0.0", "--port=8080", "--datastore-type=embedmd"],
      startupProbe: { httpGet: { path: "/readyz/isDirty" } },
      livenessProbe: { httpGet: { path: "/readyz/isDirty" } },
      readinessProbe: { httpGet: { path: "/readyz/health" } },
    });
    const database = only<Workload>(objects, "Deployment", "model-registry-db").spec.template.spec.containers[0]!;
    expect(database).toMatchObject({ image, readinessProbe: { exec: {} }, livenessProbe: {} });
    // The same user on both sides, from a Secret, and not root.
    const secretKey = (container: typeof registry, name: string) =>
      container.env.find((one) => one.name === name)?.valueFrom?.secretKeyRef;
    for (const [ours, theirs] of Object.entries(users)) {
      expect(secretKey(registry, ours)).toEqual({ name: "model-registry-db-secrets", key: ours });
      expect(secretKey(database, theirs)).toEqual(secretKey(registry, ours));
    }
    const secret = only<{ data: Record<string, string> }>(objects, "Secret").data;
    const user = secret[Object.keys(users)[0]!]!;
    expect(Buffer.from(user, "base64").toString()).toBe("registry");
    expect(JSON.stringify(objects.filter(({ kind }) => kind !== "Secret"))).not.toContain("change-me");

    expect(only<{ data: object }>(objects, "ConfigMap", "model-registry-config").data).toEqual({
      MR_REST_SERVICE_HOST: "model-registry-service",
      MR_REST_SERVICE_PORT: "8080",
      MR_DATASTORE_TYPE: "embedmd",
      MR_DATABASE_HOST: "model-registry-db",
      MR_DATABASE_PORT: String(port),
    });
    const labelled = objects.filter(({ kind, metadata }) => {
      return kind === "Service" && (metadata.labels as Record<string, string>).component === "model-registry";
    });
    expect(labelled).toMatchObject([
      { metadata: { name: "model-registry-service" }, spec: { ports: [{ name: "http-api", port: 8080 }] } },
    ]);
  });

  it.each([
    ["db", { kind: "mysql", port: 3306 }],
    ["postgres", { kind: "postgres", port: 5432 }],
  ])("of overlays/%s turns the registry of versions on, with the database that it brings", async (overlay, server) => {
    const objects = objectsOf(await build(`overlays/${overlay}`));
    const { env } = only<Workload>(objects, "Deployment", "kserve-model-registry").spec.template.spec.containers[0]!;
    const data = (kind: string, ref: Ref | undefined): string | undefined =>
      ref === undefined ? undefined : only<{ data: Record<string, string> }>(objects, kind, ref.name).data[ref.key];
    const values = env.map(({ name, value, valueFrom }) => {
      const secret = data("Secret", valueFrom?.secretKeyRef);
      const decoded = secret === undefined ? undefined : Buffer.from(secret, "base64").toString();
      return [name, value ?? data("ConfigMap", valueFrom?.configMapKeyRef) ?? decoded ?? "namespace"];
    });
    const { config, problems } = readConfig(Object.fromEntries(values), () => undefined);
    expect(problems).toEqual([]);
    expect(databaseOf(config)).toMatchObject({
      problems: [],
      options: { ...server, host: "model-registry-db", database: "metadb", user: "registry", password: "change-me" },
    });
  });

  it("of options/csi asks the registry in the namespace that it says, and has nothing else", async () => {
    const objects = objectsOf(await build("options/csi"));
    expect(objects.map(({ kind }) => kind)).toEqual(["ClusterStorageContainer"]);
    expect(objects[0]).toMatchObject({
      spec: {
        container: {
          name: "storage-initializer",
          image: expect.stringMatching(/^kserve-model-registry-storage-initializer:\d/),
          env: [
            { name: "MODEL_REGISTRY_SERVICE_NAME", value: "model-registry-service" },
            { name: "MODEL_REGISTRY_NAMESPACE", value: "kubeflow" },
            { name: "ALLOWED_ARTIFACT_URI_PREFIXES", value: "" },
          ],
        },
        supportedUriFormats: [{ prefix: "model-registry://" }],
        supportsMultiModelDownload: true,
      },
    });
  });

  it("of the catalog has the labels by which pages find it, and neither rights nor a way out", async () => {
    const objects = objectsOf(await build("options/catalog/base"));
    const { metadata } = only(objects, "Service");
    expect([metadata.name, metadata.labels]).toEqual([
      "model-catalog",
      expect.objectContaining({ component: "model-catalog" }),
    ]);
    expect(objects.some(({ kind }) => /Role|StatefulSet/.test(kind ?? ""))).toBe(false);
    expect(only<{ spec: { egress: unknown[] } }>(objects, "NetworkPolicy").spec.egress).toEqual([]);
    expect(podsOf(objects).spec.automountServiceAccountToken).toBe(false);
  });

  it.each<[string, string[], string[]]>([
    ["base", [], []],
    ["overlays/config-map", ["config-map"], ["Role: get,list,watch configmaps kserve-model-registry"]],
    [
      "overlays/model-registration",
      ["model-registration"],
      [
        "ClusterRole: get,list,watch modelregistrations",
        "ClusterRole: get,list,watch inferenceservices",
        "ClusterRole: get,list,watch services",
      ],
    ],
    [
      "overlays/discovery",
      ["discovery"],
      ["ClusterRole: get,list,watch inferenceservices", "ClusterRole: get,list,watch services"],
    ],
    [
      "overlays/single-namespace",
      ["config-map", "model-registration", "discovery"],
      [
        "Role: get,list,watch configmaps kserve-model-registry",
        "Role: get,list,watch modelregistrations",
        "Role: get,list,watch inferenceservices",
        "Role: get,list,watch services",
      ],
    ],
  ])("of %s reads %j with these rights and no others", async (folder, sources, rights) => {
    const objects = objectsOf(await build(folder));
    const { env } = podsOf(objects).spec.containers[0]!;
    const given = env.find(({ name }) => name === "KSERVE_KUBERNETES_SOURCES")?.value ?? "";
    expect(given.split(",").filter((one) => one !== "")).toEqual(sources);
    // The file, unless the same ConfigMap is watched.
    expect(env.some(({ name }) => name === "KSERVE_MODELS_FILE")).toBe(!sources.includes("config-map"));
    expect(podsOf(objects).spec.automountServiceAccountToken).toBe(sources.length > 0);
    const rules = objects
      .filter(({ kind }) => kind === "Role" || kind === "ClusterRole")
      .flatMap(({ kind, rules }) =>
        (rules as Rule[]).map(({ resources, resourceNames = [], verbs }) =>
          [`${kind}:`, verbs.join(), ...resources, ...resourceNames].join(" "),
        ),
      );
    expect([...new Set(rules)].sort()).toEqual([...rights].sort());
  });

  it("of base goes into whichever namespace it is applied to", async () => {
    const objects = objectsOf(await build("base"));
    expect(objects.filter(({ metadata }) => metadata.namespace !== undefined)).toEqual([]);
    expect(objects.map(({ kind }) => kind)).not.toContain("RoleBinding");
  });

  it("of base lets the pods call DNS, pods and the API server, and no metadata service", async () => {
    const { spec } = only<{ spec: { egress: { to: { ipBlock?: { cidr: string; except?: string[] } }[] }[] } }>(
      objectsOf(await build("base")),
      "NetworkPolicy",
    );
    const blocks = spec.egress.flatMap(({ to }) => to.flatMap(({ ipBlock }) => ipBlock ?? []));
    expect(blocks).toEqual([
      { cidr: "169.254.20.10/32" },
      { cidr: "0.0.0.0/0", except: ["169.254.0.0/16", "168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32"] },
      { cidr: "::/0", except: ["fd00:ec2::254/128", "fd20:ce::254/128", "fe80::/10"] },
    ]);
  });
});

describe("a kustomization of one's own", () => {
  let folder: string;
  beforeAll(() => {
    // Kustomize takes only relative paths, and of the real folders.
    folder = mkdtempSync(join(realpathSync(cacheDir), "own-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const own = async (resources: string[], components: string[], more: object): Promise<KubeObject[]> => {
    const at = (path: string): string => relative(folder, join(realpathSync(kustomizeDir), path));
    const kustomization = { resources: resources.map(at), components: components.map(at), ...more };
    writeFileSync(join(folder, "kustomization.yaml"), stringify(kustomization));
    return objectsOf(await output(programs.kustomize, ["build", folder]));
  };

  it.each<[components: string[], sources: string]>([
    [["discovery", "model-registration"], "discovery,model-registration"],
    [["config-map", "discovery"], "config-map,discovery"],
    [["config-map", "model-registration", "discovery", "single-namespace"], "config-map,model-registration,discovery"],
    [["discovery", "single-namespace"], "discovery"],
  ])("takes components %j together", async (names, sources) => {
    const objects = await own(
      ["base"],
      names.map((name) => `components/${name}`),
      { namespace: "kubeflow" },
    );
    const env = environmentOfPods(podsOf(objects), "kubeflow");
    expect(env.KSERVE_KUBERNETES_SOURCES!.split(",").filter((one) => one !== "")).toEqual(sources.split(","));
    const single = names.includes("single-namespace");
    expect(objects.some(({ kind }) => kind.startsWith("Cluster"))).toBe(!single);
    expect(env.KSERVE_WATCH_NAMESPACES).toBe(single ? "kubeflow" : undefined);
    expect(referencesOf(objects).filter(({ found }) => !found)).toEqual([]);
    expect(await conformanceProblems(JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }))).toEqual([]);
  });

  it.each([
    ["db", "mysql", "metadata-mysql"],
    ["postgres", "postgres", "metadata-postgres"],
  ])("over overlays/%s has its own namespace, prefix, image and patches everywhere", async (overlay, image, claim) => {
    const objects = await own([`overlays/${overlay}`], [], {
      namespace: "ml",
      namePrefix: "team-",
      images: [{ name: image, newName: "mirror.example/db", newTag: "1" }],
      patches: [
        {
          target: { kind: "Deployment", name: "kserve-model-registry" },
          patch: "- {op: replace, path: /spec/replicas, value: 3}",
        },
      ],
    });
    expect(only<{ data: object }>(objects, "ConfigMap", "team-model-registry-config").data).toMatchObject({
      MR_REST_SERVICE_HOST: "team-model-registry-service",
      MR_DATABASE_HOST: "team-model-registry-db",
    });
    expect(JSON.stringify(only(objects, "Deployment", "team-model-registry-db"))).toContain("mirror.example/db:1");
    expect(JSON.stringify(only(objects, "Deployment", "team-model-registry-db"))).toContain(`team-${claim}`);
    expect(only(objects, "Deployment", "team-kserve-model-registry").spec).toMatchObject({ replicas: 3 });
    expect(objects.every(({ metadata }) => metadata.namespace === "ml")).toBe(true);
    expect(referencesOf(objects).filter(({ found }) => !found)).toEqual([]);
    expect(await conformanceProblems(JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }))).toEqual([]);
  });

  it.each(folders.filter((folder) => !folder.startsWith("components/")))(
    "over %s is good with a namespace, a prefix, images and patches of its own",
    async (folder) => {
      const objects = await own([folder], [], {
        namespace: "ml",
        namePrefix: "team-",
        images: ["kserve-model-registry", "kserve-model-registry-storage-initializer"].map((name) => ({
          name,
          newName: `mirror.example/${name}`,
        })),
        patches: [{ target: { kind: "Deployment" }, patch: "- {op: replace, path: /spec/replicas, value: 3}" }],
      });
      expect(await conformanceProblems(JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }))).toEqual([]);
      const text = JSON.stringify(objects);
      expect(text).not.toContain('"image":"kserve-model-registry');
      expect(text).not.toMatch(/"namespace":"(?!ml")/);
      const others = objects.filter(({ kind, metadata }) => {
        return kind !== "CustomResourceDefinition" && !metadata.name.startsWith("team-");
      });
      expect(others).toEqual([]);
      for (const { spec } of objects.filter(({ kind }) => kind === "Deployment")) {
        expect(spec).toMatchObject({ replicas: 3 });
      }
    },
  );

  it("over options/controller has its own namespace and prefix everywhere, its Lease and its subjects included", async () => {
    const objects = await own(["options/controller/overlays/base"], [], { namespace: "ml", namePrefix: "team-" });
    const name = "team-kserve-model-registry-controller";
    expect(JSON.stringify(objects)).not.toContain('"kubeflow"');
    expect(environmentOfPods(podsOf(objects, name), "ml")).toMatchObject({ CONTROLLER_LEASE: name });
    const lease = only<KubeObject & { rules: Rule[] }>(objects, "Role", name).rules.filter(
      (rule) => rule.resourceNames,
    );
    expect(lease).toMatchObject([{ resources: ["leases"], resourceNames: [name] }]);
    const subjects = objects.flatMap((object) => (object.subjects ?? []) as object[]);
    expect(subjects).toHaveLength(3);
    for (const subject of subjects) expect(subject).toEqual({ kind: "ServiceAccount", name, namespace: "ml" });
    expect(referencesOf(objects).filter(({ found }) => !found)).toEqual([]);
    expect(await conformanceProblems(JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }))).toEqual([]);
  });

  it("over overlays/db with the right to ask who may use versions gives it to its own account", async () => {
    const objects = await own(["overlays/db"], ["components/versions-access"], {
      namespace: "ml",
      namePrefix: "team-",
    });
    expect(only(objects, "ClusterRoleBinding")).toMatchObject({
      metadata: { name: "team-kserve-model-registry-auth-delegator" },
      subjects: [{ kind: "ServiceAccount", name: "team-kserve-model-registry", namespace: "ml" }],
    });
    expect(await conformanceProblems(JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }))).toEqual([]);
  });

  it("over options/csi asks the registry of its own namespace and prefix, from an image of its own", async () => {
    const csi = async (resources: string[]) => {
      const objects = await own(resources, [], {
        namespace: "ml",
        namePrefix: "team-",
        images: [{ name: "kserve-model-registry-storage-initializer", newName: "mirror.example/initializer" }],
      });
      return only<{ spec: { container: object } }>(objects, "ClusterStorageContainer").spec.container;
    };
    const asks = (service: string) => ({
      image: expect.stringMatching(/^mirror\.example\/initializer:/),
      env: [
        { name: "MODEL_REGISTRY_SERVICE_NAME", value: service },
        { name: "MODEL_REGISTRY_NAMESPACE", value: "ml" },
        {},
      ],
    });
    expect(await csi(["options/csi"])).toMatchObject(asks("model-registry-service"));
    expect(await csi(["options/csi", "overlays/db"])).toMatchObject(asks("team-model-registry-service"));
  });

  it("with a namePrefix watches the ConfigMap of that name, with the right to, and routes to the Service of that name", async () => {
    const objects = await own(["base", "options/istio"], ["components/config-map"], {
      namespace: "kubeflow",
      namePrefix: "team-",
    });
    const name = "team-kserve-model-registry";
    expect(only(objects, "ConfigMap").metadata.name).toBe(name);
    expect(environmentOfPods(podsOf(objects)).KSERVE_CONFIG_MAP).toBe(name);
    expect(only(objects, "Role")).toMatchObject({ rules: [{ resourceNames: [name] }] });
    expect(only(objects, "DestinationRule").spec).toMatchObject({ host: name });
    expect(referencesOf(objects).filter(({ found }) => !found)).toEqual([]);
  });
});
