import { describe, expect, it } from "vitest";
import { render, type Values } from "./support/chart.ts";

const model = { name: "anomaly-detector", service: "anomaly-detector-predictor", type: "anomaly" };

/** An entry with something wrong in it. */
const entry = (fields: Values): Values => ({ kserve: { models: [{ ...model, ...fields }] } });
const without = (field: string): Values => {
  const { [field]: _, ...rest } = model as Record<string, string>;
  return { kserve: { models: [rest] } };
};

/** What is wrong, the values, and the words that have to stand in the refusal: the place, and what is expected. */
const rows: readonly [what: string, values: Values, ...words: string[]][] = [
  ["a value that nobody knows", { replicas: 3 }, "replicas: unknown value; the README.md of the chart lists all"],
  ["a misspelt section", { kserv: { models: [] } }, "kserv: unknown value; did you mean kserve?"],
  ["a section in other letters", { Kserve: { models: [] } }, "Kserve: unknown value; did you mean kserve?"],
  [
    "misspelt sections of the platform's values, all at once",
    { coordinationEngine: { kserve: { models: [model] } }, regsitry: { mode: "crd" }, tlss: { enabled: true } },
    "regsitry: unknown value; did you mean registry?",
    "leave it out by --set regsitry=null",
    "tlss: unknown value; did you mean tls?",
  ],
  [
    "a misspelt section of the platform",
    { coordinationEngin: { kserve: { models: [model] } }, clusterGroup: {} },
    "coordinationEngin: unknown value; did you mean coordinationEngine?",
    "clusterGroup: unknown value",
  ],
  [
    "a misspelt part of the platform's section",
    { coordinationEngine: { kserv: { models: [model] }, image: {} } },
    "coordinationEngine.kserv: unknown value; did you mean kserve?",
  ],
  ["models in the wrong place", { models: [model] }, "models: unknown value; did you mean kserve.models?"],
  ["a misspelt value", { kserve: { model: [] } }, "/kserve", "'model' not allowed"],
  ["an unknown mode", { registry: { mode: "consul" } }, "/registry/mode", "'env', 'configmap', 'crd', 'discovery'"],
  ["an unknown source", { registry: { additionalSources: ["file"] } }, "/registry/additionalSources/0", "'discovery'"],
  [
    "a namespace that is none",
    { registry: { watchNamespaces: ["Team_A"] } },
    "/registry/watchNamespaces/0",
    "'Team_A'",
  ],
  ["models that are not a list", { kserve: { models: { name: "a" } } }, "/kserve/models", "want null or array"],
  ["an entry without a name", without("name"), "/kserve/models/0", "missing property 'name'"],
  ["an entry without a type", without("type"), "/kserve/models/0", "missing property 'type'"],
  ["an entry without an address", without("service"), "/kserve/models/0", "missing property 'service'"],
  ["a name in capitals", entry({ name: "Anomaly" }), "/kserve/models/0/name", "'Anomaly'"],
  ["a name with an underscore", entry({ name: "anomaly_detector" }), "/kserve/models/0/name", "'anomaly_detector'"],
  ["a name of 64 characters", entry({ name: "a".repeat(64) }), "/kserve/models/0/name"],
  ["a service with a dot", entry({ service: "a.b" }), "/kserve/models/0/service", "'a.b'"],
  ["an unknown type", entry({ type: "anomoly" }), "/type", "'anomaly', 'predictive', 'classification'"],
  ["a misspelt field", entry({ inputFeature: ["iops"] }), "/kserve/models/0", "'inputFeature' not allowed"],
  ["a port that is a text", entry({ port: "8080" }), "/kserve/models/0/port", "got string, want"],
  ["a port beyond all ports", entry({ port: 70_000 }), "/kserve/models/0/port", "65,535"],
  ["an address of another kind", entry({ url: "ftp://models.example" }), "/kserve/models/0/url"],
  ["an address with a password", entry({ url: "https://me:secret@models.example" }), "/kserve/models/0/url"],
  [
    "an address and a port",
    entry({ url: "https://models.example", port: 1 }),
    "anomaly-detector",
    "not together with url",
  ],
  [
    "a file that a ModelRegistration cannot name",
    { ...entry({ tokenFile: "/var/run/token" }), registry: { mode: "crd" } },
    "anomaly-detector",
    "tokenFile: a ModelRegistration cannot name files",
  ],
  ["a file by a relative path", entry({ caFile: "ca.crt" }), "/kserve/models/0/caFile", "'ca.crt'"],
  ["a timeout without a unit", entry({ timeout: "10" }), "/kserve/models/0/timeout", "'10'"],
  ["a path name with a slash at its end", entry({ model: "team/fraud/" }), "/kserve/models/0/model", "'team/fraud/'"],
  ["a trigger without a type", entry({ triggers: [{ metric: "iops" }] }), "/triggers/0", "missing property 'type'"],
  [
    "a threshold trigger without a threshold",
    entry({ triggers: [{ type: "metric-threshold", metric: "iops" }] }),
    "/triggers/0",
    "missing property 'threshold'",
  ],
  [
    "a feature without a name",
    entry({ inputFeatures: [{ unit: "%" }] }),
    "/inputFeatures/0",
    "missing property 'name'",
  ],
  [
    "an unknown type of feature",
    entry({ inputFeatures: [{ name: "a", type: "float" }] }),
    "/inputFeatures/0/type",
    "'number'",
  ],
  ["an unknown protocol", entry({ protocol: "v3" }), "/protocol", "'grpc-v2'"],
  ["an unknown format", entry({ inputFormat: "rows" }), "/inputFormat", "'record-of-lists'"],
  [
    "a comparison that is none",
    entry({ outputFormat: { threshold: 1, comparison: "=>" } }),
    "/outputFormat/comparison",
    "'>='",
  ],
  [
    "an action without a type",
    entry({ remediationActions: [{ severity: "high" }] }),
    "/remediationActions/0",
    "'type'",
  ],
  ["a description beyond measure", entry({ description: "x".repeat(5000) }), "/description", "4,096"],
  [
    "a name twice",
    { kserve: { models: [model, model] } },
    'kserve.models[1]: the name "anomaly-detector" is used twice; kserve.models[0] has it already',
  ],
  [
    "a name twice in one namespace, written and by default",
    { kserve: { models: [model, { ...model, namespace: "self-healing-platform" }] } },
    "kserve.models[0] has it already, and names are unique within a namespace",
  ],
  [
    "a name twice in the namespace that an address names",
    {
      kserve: {
        models: [
          { ...model, namespace: "b" },
          { ...model, url: "http://x.b.svc.cluster.local:80/p" },
        ],
      },
    },
    'kserve.models[1]: the name "anomaly-detector" is used twice; kserve.models[0] has it already',
  ],
  [
    "a namesake's registration out of sight",
    {
      kserve: { models: [model, { ...model, namespace: "team-b" }] },
      registry: { mode: "crd", watchNamespaces: ["self-healing-platform"] },
    },
    "registry.watchNamespaces: team-b is missing",
    "another model of that name is in self-healing-platform",
  ],
  [
    "an address of a namesake's that its namespace may not name",
    {
      kserve: { models: [model, { ...model, namespace: "team-b", service: null, url: "https://models.example" }] },
      registry: { mode: "crd" },
    },
    "kserve.models (anomaly-detector): url: its ModelRegistration is in namespace team-b",
    "add team-b to registry.trustedNamespaces",
  ],
  [
    "a name among services and models",
    { kserve: { models: [model], services: { anomaly_detector: "x" } } },
    'kserve.services.anomaly_detector: the name "anomaly-detector" is used twice; kserve.models[0] has it',
  ],
  [
    "a name in both places",
    { kserve: { models: [model] }, coordinationEngine: { kserve: { models: [model] } } },
    'coordinationEngine.kserve.models[0]: the name "anomaly-detector" is used twice; kserve.models[0] has it',
  ],
  [
    "two keys for one service",
    { kserve: { services: { anomaly_detector: "x", "anomaly-detector": "y" } } },
    'the name "anomaly-detector" is used twice',
  ],
  [
    "a service that is not a name",
    { kserve: { services: { anomaly_detector: "X y" } } },
    "/kserve/services/anomaly_detector",
  ],
  [
    "a service of unknown type beside models",
    { kserve: { models: [model], services: { disk_failure: "x" } } },
    "kserve.services.disk_failure: its type is not known",
    "list it in kserve.models",
  ],
  [
    "models that discovery does not serve",
    { ...entry({}), registry: { mode: "discovery" } },
    "not served with registry.mode discovery",
  ],
  [
    "models that nobody writes",
    { ...entry({}), registry: { mode: "configmap", configMap: { create: false } } },
    "registry.configMap.create is false",
  ],
  [
    "registrations out of sight",
    { ...entry({}), registry: { mode: "crd", watchNamespaces: ["storage"] } },
    "registry.watchNamespaces",
    "self-healing-platform",
  ],
  ["a variable in small letters", { config: { log_level: "warn" } }, "/config", "'log_level' not allowed"],
  ["a variable that the chart sets", { config: { PORT: 9090 } }, "config: PORT: is set by the chart; use service.port"],
  ["the same by extraEnv", { extraEnv: [{ name: "KSERVE_MODEL_REGISTRY", value: "[]" }] }, "use kserve.models"],
  ["a variable twice", { config: { A: "1" }, extraEnv: [{ name: "A", value: "2" }] }, "extraEnv: A: is also in config"],
  [
    "a variable that is nearly one of the program's",
    { config: { AUTH_MOD: "kubernetes" } },
    "config: AUTH_MOD: unknown variable; did you mean AUTH_MODE?",
  ],
  ["the same by extraEnv", { extraEnv: [{ name: "KSERVE_TIMEOUTS", value: "1s" }] }, "did you mean KSERVE_TIMEOUT?"],
  ["the same of the controller", { controller: { config: { LOG_LEVL: "warn" } } }, "did you mean LOG_LEVEL?"],
  [
    "links without the controller",
    { controller: { links: { enabled: true } } },
    "controller.links.enabled: only the controller links",
  ],
  [
    "links without a registry",
    { controller: { enabled: true, links: { enabled: true } } },
    "controller.links.enabled: this release has no registry of versions to write to",
  ],
  [
    "links to a registry that would refuse the token",
    {
      controller: { enabled: true, links: { enabled: true } },
      database: { type: "embedded" },
      auth: { mode: "kubernetes" },
      config: { KUBERNETES_AUDIENCE: "https://kubernetes.default.svc" },
    },
    "controller.links.tokenAudience: kserve-model-registry: this release would not accept such a token",
    "config.KUBERNETES_AUDIENCE",
  ],
  [
    "links to a registry that speaks TLS, without its authority",
    {
      controller: { enabled: true, links: { enabled: true } },
      database: { type: "embedded" },
      tls: { enabled: true, secretName: "registry-tls" },
    },
    "controller.links.caConfigMap: missing",
  ],
  [
    "links to a registry that the network policy shuts off",
    { controller: { enabled: true, links: { enabled: true, registryUrl: "https://registry.example" } } },
    "controller.links.registryUrl: https://registry.example is outside the cluster",
  ],
  [
    "a variable of links in two places",
    { controller: { enabled: true, links: { enabled: true }, config: { REGISTRIES_NAMESPACE: "ml" } } },
    "controller.config: REGISTRIES_NAMESPACE: is set by controller.links",
  ],
  ["a variable with a prefix of the program's", { config: { OIDC_X: "1" } }, "config: OIDC_X: unknown variable"],
  [
    "access control that the chart would not see",
    { extraEnv: [{ name: "AUTH_MODE", value: "kubernetes" }] },
    "extraEnv: AUTH_MODE: the chart derives permissions, probes or volumes from it",
    "use auth.mode",
  ],
  [
    "access control in two places",
    { auth: { mode: "oidc", oidc: { issuer: "http://issuer.auth.svc" } }, config: { AUTH_MODE: "kubernetes" } },
    "config: AUTH_MODE: is set by auth.mode; a variable has one value",
  ],
  [
    "probes without access",
    { config: { AUTH_MODE: "kubernetes", AUTH_OPEN: "none" } },
    "config: AUTH_OPEN: none omits health, which the kubelet requests without a token",
  ],
  ["the same by auth.open", { auth: { mode: "kubernetes", open: ["metrics"] } }, "auth.open: metrics omits health"],
  ["an issuer that is missing", { auth: { mode: "oidc" } }, "auth.oidc.issuer: missing"],
  [
    "an issuer that the network policy shuts off",
    { auth: { mode: "oidc", oidc: { issuer: "https://login.example" } } },
    "auth.oidc.issuer: https://login.example is outside the cluster",
    "networkPolicy.externalRanges",
  ],
  [
    "a model that it shuts off",
    entry({ url: "https://models.example/v" }),
    "kserve.models (anomaly-detector): url: https://models.example/v is outside the cluster",
  ],
  [
    "addresses of a metadata service",
    { networkPolicy: { externalRanges: ["169.254.169.254/32"] } },
    "networkPolicy: 169.254.169.254/32: addresses of a metadata service",
  ],
  [
    "the same by IPv6",
    { networkPolicy: { externalRanges: ["FD20:CE:0:0:0:0:0:254/128"] } },
    "networkPolicy: FD20:CE:0:0:0:0:0:254/128: addresses of a metadata service",
  ],
  [
    "link-local addresses of IPv6",
    { networkPolicy: { externalRanges: ["fe90::1/128"] } },
    "networkPolicy: fe90::1/128: addresses of a metadata service",
  ],
  ["a range that is none", { networkPolicy: { externalRanges: ["10.0.0.0"] } }, "/externalRanges/0", "'10.0.0.0'"],
  [
    "clusters that no source looks at",
    { config: { KSERVE_CLUSTERS: "spoke-1" } },
    "config: KSERVE_CLUSTERS: has no effect without a source that reads the Kubernetes API",
  ],
  [
    "a variable beyond what a process may have",
    { config: { KSERVE_URL_FORMAT: `http://x/${"y".repeat(131_072)}` } },
    "config: KSERVE_URL_FORMAT: takes 131099 bytes",
  ],
  [
    "more models than a variable holds",
    {
      kserve: {
        models: Array.from({ length: 200 }, (_, i) => ({ ...model, name: `m${i}`, description: "x".repeat(900) })),
      },
    },
    "kserve.models: 200 models take",
    "set registry.mode to configmap",
  ],
  ["a tag in the name of the image", { image: { repository: "x/y:1.0" } }, "set image.tag to 1.0"],
  ["a digest there", { image: { repository: "x/y@sha256:0" } }, "set image.digest"],
  [
    "labels that would select other pods",
    { podLabels: { component: "x" } },
    "podLabels: component: selects the pods of the release",
  ],
  ["the same for all objects", { commonLabels: { "app.kubernetes.io/name": "x" } }, "commonLabels: app.kubernetes.io"],
  [
    "a route that speaks cleartext to TLS",
    { tls: { enabled: true, secretName: "t" }, gateway: { httpRoute: { enabled: true, parentRefs: [{ name: "g" }] } } },
    "gateway.httpRoute: the server speaks TLS",
    "gateway.backendTLSPolicy.caConfigMap",
  ],
  [
    "TLS of the mesh around TLS of the server",
    { tls: { enabled: true, secretName: "t" }, istio: { destinationRule: { enabled: true } } },
    "istio: the server speaks TLS itself",
    "tlsMode SIMPLE",
  ],
  [
    "a VirtualService that speaks cleartext to TLS",
    { tls: { enabled: true, secretName: "t" }, istio: { virtualService: { enabled: true } } },
    "istio: the server speaks TLS itself",
  ],
  [
    "TLS to a server without",
    { istio: { destinationRule: { enabled: true, tlsMode: "SIMPLE" } } },
    "istio.destinationRule.tlsMode: SIMPLE speaks TLS to a server without",
  ],
  [
    "an Ingress that speaks cleartext to TLS",
    { tls: { enabled: true, secretName: "t" }, ingress: { enabled: true, hosts: [{ host: "models.example" }] } },
    "ingress: the server speaks TLS",
    "backend-protocol",
  ],
  ["an Ingress without a host", { ingress: { enabled: true } }, "ingress.hosts: missing"],
  [
    "client certificates without TLS",
    { tls: { clientCA: { secretName: "ca" } } },
    "tls.clientCA: client certificates need TLS",
  ],
  [
    "a node port of no node",
    { service: { nodePort: 30080 } },
    "service.nodePort: a Service of type ClusterIP has none",
  ],
  [
    "two budgets at once",
    { podDisruptionBudget: { minAvailable: 1, maxUnavailable: 1 } },
    "podDisruptionBudget: minAvailable and maxUnavailable: set only one of the two",
  ],
  ["a database without an address", { database: { type: "external" } }, "database.url: missing"],
  [
    "a password in an address",
    { database: { type: "external", url: "postgres://me:secret@db.x.svc/registry" } },
    "database.url: contains a password",
    "database.existingSecret",
  ],
  [
    "a database that the network policy shuts off",
    { database: { type: "external", url: "postgres://me@db.example.com/registry" } },
    "database.url: postgres://me@db.example.com/registry is outside the cluster",
  ],
  ["an address of no database", { database: { url: "mysql://me@db.x.svc/r" } }, "set database.type to external"],
  [
    "many replicas of one file",
    { database: { type: "embedded" }, autoscaling: { enabled: true } },
    "autoscaling.enabled: the embedded database supports only one replica",
  ],
  [
    "an embedded database with more than one replica",
    { database: { type: "embedded" }, replicaCount: 2 },
    "replicaCount: 2 pods cannot share the file of the embedded database",
    "set database.type to external",
  ],
  [
    "a file of SQLite for several pods",
    { config: { DATABASE_URL: "sqlite:/data/versions.db" } },
    "config.DATABASE_URL: several pods cannot share a SQLite database",
  ],
  [
    "a database in two places",
    { database: { type: "embedded" }, config: { DATABASE_URL: "sqlite::memory:" } },
    "config: DATABASE_URL: is set by database.type",
  ],
  [
    "a setting of versions without a database",
    { versions: { kubeflowService: true } },
    "versions.kubeflowService: there is no registry of versions; set database.type",
  ],
  [
    "a storage initializer with nothing to ask",
    { storageInitializer: { enabled: true } },
    "storageInitializer.enabled: this release has no registry of versions to call",
  ],
  [
    "a day that is none",
    { database: { type: "embedded" }, versions: { alphaSunsetDate: "soon" } },
    "/versions/alphaSunsetDate",
  ],
  [
    "a place for files that is not an address",
    { database: { type: "embedded" }, storageInitializer: { enabled: true, allowedArtifactUriPrefixes: ["models"] } },
    "/storageInitializer/allowedArtifactUriPrefixes/0",
  ],
  [
    "files of a catalog without sources",
    { catalog: { files: { "a.yaml": "models: []" } } },
    "catalog.files: no source uses",
  ],
  [
    "a source of a file that is not there",
    {
      catalog: { sources: { model_catalogs: [{ id: "a", type: "yaml", properties: { yamlCatalogPath: "b.yaml" } }] } },
    },
    "catalog.sources.model_catalogs (a): properties.yamlCatalogPath: b.yaml is not in catalog.files",
  ],
  ["a section that no catalog has", { catalog: { sources: { model_catalog: [] } } }, "model_catalog"],
  [
    "a hub without sources",
    { catalog: { huggingFace: { url: "https://hub.example.com" } } },
    "catalog: has no sources",
  ],
  [
    "a catalog in two places",
    { catalog: { existingConfigMaps: [{ name: "a" }] }, config: { CATALOG_SOURCES: "/a/sources.yaml" } },
    "config: CATALOG_SOURCES: is set by catalog.sources and catalog.existingConfigMaps",
  ],
  [
    "files that no ConfigMap holds",
    {
      catalog: {
        sources: { model_catalogs: [{ id: "a", type: "yaml", properties: { yamlCatalogPath: "a.yaml" } }] },
        files: { "a.yaml": "x".repeat(1_000_001) },
      },
    },
    "catalog.files: take 1000001 bytes",
  ],
  ["a chart that is left out", { enabled: false }, "enabled: false: leaves the chart out where"],
  [
    "accounts of the platform, in values of our own",
    { rbac: { serviceAccountName: "operator" } },
    "rbac.serviceAccountName: is a value of the platform's chart",
  ],
  [
    "a definition of the release, with objects that need it before",
    { crds: { keep: false }, registry: { mode: "crd" }, kserve: { models: [model] } },
    "crds.keep: false: the definition is part of the release",
  ],
  ["TLS without a secret", { tls: { enabled: true } }, "tls.secretName: missing"],
  ["a digest that is none", { image: { digest: "latest" } }, "/image/digest", "'latest'"],
  ["an image without a name", { image: { repository: "" } }, "/image/repository"],
  ["fewer replicas than none", { replicaCount: -1 }, "/replicaCount"],
  ["half a replica", { replicaCount: 1.5 }, "/replicaCount", "integer"],
  [
    "an autoscaler upside down",
    { autoscaling: { enabled: true, minReplicas: 5, maxReplicas: 2 } },
    "autoscaling.minReplicas: 5 is above autoscaling.maxReplicas, which is 2",
  ],
  [
    "an amount of memory that is none",
    { resources: { limits: { memory: "lots" } } },
    "/resources/limits/memory",
    "'lots'",
  ],
  ["a service account without a name", { serviceAccount: { create: false } }, "serviceAccount.name: missing"],
  ["a kind of Service that is none", { service: { type: "External" } }, "/service/type", "'LoadBalancer'"],
  ["a route without a gateway", { gateway: { httpRoute: { enabled: true } } }, "gateway.httpRoute.parentRefs: missing"],
  [
    "a route that reencrypts to a server without TLS",
    { openshift: { route: { enabled: true, termination: "reencrypt" } } },
    "openshift.route.termination: reencrypt needs a server with TLS",
  ],
  [
    "a route that ends TLS before a server with it",
    { openshift: { route: { enabled: true }, serviceCA: { enabled: true } } },
    "use reencrypt or passthrough",
  ],
  ["a test without rows", { test: { model: "anomaly-detector" } }, "test.instances: missing"],
];

describe("the chart refuses", () => {
  it.each(rows)("%s", async (_, values, ...words) => {
    const message = await render(values).then(
      () => "",
      (error: Error) => error.message,
    );
    for (const word of words) expect(message).toContain(word);
    // Readable: a few lines, and none of the template's own.
    expect(message.trim().split("\n").length).toBeLessThanOrEqual(8);
    expect(message).not.toMatch(/nil pointer|wrong type|can't evaluate|panic/);
  });
});
