import type { Values } from "./chart.ts";

const models = [
  { name: "anomaly-detector", service: "anomaly-detector-predictor", type: "anomaly" },
  { name: "predictive-analytics", service: "predictive-analytics-predictor", type: "predictive" },
];

/** A model with every field of an entry. */
const fullModel = {
  name: "disk-failure-predictor",
  service: "disk-failure-predictor-predictor",
  namespace: "storage-monitoring",
  type: "predictive",
  description: 'Predicts disk failures 24h in advance, at $(PORT) and "quoted" <b>&</b> 90 %',
  port: 8080,
  model: "disk-failure",
  timeout: "30s",
  forwardAuthorization: true,
  triggers: ["disk_utilization_high", { type: "metric-threshold", metric: "disk_utilization", threshold: 85 }],
  inputFeatures: [
    { name: "disk_utilization", type: "number", unit: "%", min: 0, max: 100 },
    "iops",
    { name: "disk_age_days", type: "integer", default: 0 },
  ],
  protocol: "v1",
  inputFormat: "record",
  outputFormat: { field: "failure_probability", threshold: 0.7, comparison: ">=" },
  remediationActions: [
    { type: "alert", severity: "warning" },
    { type: "scale-storage", target: "increase-capacity" },
  ],
};

/** A container as Pod Security wants it. */
const sidecar = {
  name: "sidecar",
  image: "registry.example/sidecar:1",
  resources: { requests: { cpu: "10m" }, limits: { memory: "64Mi" } },
  securityContext: {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    readOnlyRootFilesystem: true,
  },
};

const gateway = [{ name: "gateway", namespace: "gateways" }];

/** The values of ADR-039, as they stand there. */
export const adr039: Values = {
  coordinationEngine: {
    kserve: {
      enabled: true,
      namespace: "self-healing-platform",
      services: {
        anomaly_detector: "anomaly-detector-predictor",
        predictive_analytics: "predictive-analytics-predictor",
      },
    },
  },
};

/** The same models as ADR-040 has them. */
export const adr040: Values = {
  coordinationEngine: { kserve: { enabled: true, namespace: "self-healing-platform", models } },
};

/** A values file of a platform: its `coordinationEngine` among sections that are for other components. */
export const platform: Values = {
  global: { pattern: "self-healing-platform", options: { useCSV: false } },
  clusterGroup: { name: "hub", isHubCluster: true, namespaces: ["self-healing-platform", "storage-monitoring"] },
  coordinationEngine: {
    enabled: true,
    image: { repository: "registry.example/aiops/coordination-engine", tag: "v1.2.3" },
    replicas: 2,
    kserve: { enabled: true, namespace: "self-healing-platform", models },
  },
  objectStore: { bucket: "models" },
  notebooks: ["isolation-forest", "lstm"],
  // What `--set images=null` leaves of a section that looks like one of ours.
  images: null,
};

/** The sections of a hub's values file that has none for the coordination engine, as platforms keep one beside the chart's. */
export const hub: Values = {
  clusterGroup: {
    name: "hub",
    isHubCluster: true,
    namespaces: [{ "self-healing-platform": { labels: { "openshift.io/cluster-monitoring": "true" } } }],
    subscriptions: { "openshift-ai": { name: "rhods-operator", channel: "stable" } },
    applications: { "self-healing-platform": { name: "self-healing-platform", path: "charts/hub" } },
  },
  cluster: { topology: "sno", version: "4.20" },
  features: { aiml: true, edge: false },
  main: { clusterGroupName: "hub", namespace: "self-healing-platform" },
  metadata: { owner: "platform-team", environment: "development" },
  modelServing: { enabled: true, sklearn: { resources: { limits: { cpu: "500m" } } } },
  monitoring: { grafana: { enabled: true }, serviceMonitors: ["coordination-engine"] },
  namespace: { create: false, name: "self-healing-platform" },
  networking: { ingress: { enabled: true, className: "openshift" }, networkPolicies: true },
  notebooks: { validation: { enabled: true } },
  objectStore: { enabled: false },
  gitea: { enabled: false },
  secrets: { backend: "external-secrets" },
  security: { rbac: true, networkPolicies: true },
  storage: { storageClass: "gp3-csi" },
  workbench: { enabled: true },
};

/** The values of a hub's chart: our models by names of its own, and values of its own in sections that we have too. */
export const hubChart: Values = {
  global: { pattern: "self-healing-platform", imagePullPolicy: "IfNotPresent", git: { revision: "main" } },
  cluster: { topology: "ha" },
  rbac: {
    create: true,
    serviceAccountName: "self-healing-operator",
    roleName: "self-healing-operator",
    roleBindingName: "self-healing-operator",
    clusterScoped: { enabled: false },
    crossNamespaceEnabled: false,
  },
  models: [{ name: "anomaly-detector", cpu: "1000m", memory: "1Gi", gpuTrained: false }],
  mcpServer: { enabled: true, kserve: { enabled: true } },
  imageBuilds: { enabled: true },
  buildConfig: { enabled: true },
  nodeConfig: { gpu: { enabled: true } },
  tekton: { enabled: true },
  coordinationEngine: {
    enabled: true,
    replicas: 1,
    logLevel: "info",
    kserve: {
      enabled: true,
      namespace: "self-healing-platform",
      predictorPort: 8080,
      anomalyDetectorService: "anomaly-detector-stable",
      anomalyDetectorModel: "anomaly-detector",
      predictiveAnalyticsService: "predictive-analytics-stable",
      predictiveAnalyticsModel: "predictive-analytics-v2",
      timeout: "120s",
    },
    prometheus: { enabled: true },
  },
};

/** Values that must render to good manifests: the defaults, each option, each mode, and what the documents show. */
export const valueMatrix: Readonly<Record<string, Values>> = {
  defaults: {},
  "ADR-039": adr039,
  "ADR-040": adr040,
  "ADR-040 with four models": {
    coordinationEngine: {
      kserve: {
        enabled: true,
        namespace: "self-healing-platform",
        models: [
          { ...models[0], description: "Isolation Forest anomaly detection" },
          { ...models[1], description: "LSTM-based predictive analytics" },
          {
            name: "disk-failure-predictor",
            service: "disk-failure-predictor-predictor",
            namespace: "storage-monitoring",
            type: "predictive",
            description: "Predicts disk failures 24h in advance",
          },
          {
            name: "postgres-query-anomaly",
            service: "postgres-anomaly-predictor",
            namespace: "database-monitoring",
            type: "anomaly",
            description: "Detects abnormal database query patterns",
          },
        ],
      },
    },
  },
  "ADR-040 in a values file of the platform": platform,
  "a hub's values file": hub,
  "the values of a hub's chart": hubChart,
  "services and models together": {
    kserve: { services: { anomaly_detector: "anomaly-detector-predictor" }, models: [fullModel] },
  },
  "services of unknown type": { kserve: { services: { disk_failure: "disk-failure-predictor" } } },
  "models in both places": { kserve: { models: [fullModel] }, ...adr040 },
  "a model with every field": { kserve: { models: [fullModel] } },
  "a model with an address": {
    kserve: { models: [{ name: "a", type: "anomaly", url: "https://models.example/v" }] },
    networkPolicy: { externalRanges: ["192.0.2.0/24"] },
  },
  "integration off": { kserve: { enabled: false, models } },
  "mode configmap": { registry: { mode: "configmap" }, kserve: { models: [fullModel, ...models] } },
  "mode configmap, mounted": {
    registry: { mode: "configmap", configMap: { access: "mount", name: "models" } },
    kserve: { models: [fullModel] },
  },
  "mode configmap, empty": { registry: { mode: "configmap" } },
  "mode configmap, of another's making": { registry: { mode: "configmap", configMap: { create: false } } },
  "mode crd": { registry: { mode: "crd" }, kserve: { models: [fullModel, ...models] } },
  "mode crd in two namespaces": {
    registry: { mode: "crd", watchNamespaces: ["self-healing-platform", "storage-monitoring"] },
    kserve: { models },
  },
  "the controller": { controller: { enabled: true }, registry: { mode: "crd" }, kserve: { models } },
  "the controller in two namespaces": {
    controller: { enabled: true, replicaCount: 2 },
    metrics: { serviceMonitor: { enabled: true, labels: { release: "prometheus" } } },
    registry: { mode: "crd", watchNamespaces: ["self-healing-platform", "storage-monitoring"] },
    modelTls: { caConfigMap: "model-ca" },
  },
  "the controller that links InferenceServices": {
    controller: { enabled: true, links: { enabled: true } },
    database: { type: "embedded" },
    auth: { mode: "kubernetes" },
    config: { KUBERNETES_AUDIENCE: "https://kubernetes.default.svc,kserve-model-registry" },
    versions: { namespace: "storage-monitoring" },
    networkPolicy: { from: [{ namespaceSelector: {} }] },
  },
  "the controller that links InferenceServices of one namespace to registries elsewhere": {
    controller: {
      enabled: true,
      links: {
        enabled: true,
        registryUrl: "https://registry.ml.svc:8443",
        registryUrls: ["http://other.ml.svc.cluster.local:8080"],
        namespaces: ["kubeflow", "storage-monitoring"],
        caConfigMap: "registry-ca",
        tokenAudience: "registries",
      },
    },
    registry: { mode: "crd", watchNamespaces: ["self-healing-platform", "storage-monitoring"] },
  },
  "mode discovery": { registry: { mode: "discovery" } },
  "mode discovery of everything, in one namespace": {
    registry: { mode: "discovery", watchNamespaces: ["storage-monitoring"], discovery: { selector: "*" } },
  },
  "every source at once": {
    registry: { mode: "env", additionalSources: ["discovery", "config-map", "model-registration"] },
    kserve: { models },
  },
  "variables of every kind": {
    config: { KSERVE_TIMEOUT: "30s", KSERVE_MAX_IN_FLIGHT: 64, FAST_PATH: false, LOG_LEVEL: "warn" },
    extraEnv: [{ name: "NODE_EXTRA_CA_CERTS", value: "/etc/extra/ca.crt" }],
    extraEnvFrom: [{ configMapRef: { name: "more" } }],
    extraVolumes: [{ name: "extra", configMap: { name: "extra-ca" } }],
    extraVolumeMounts: [{ name: "extra", mountPath: "/etc/extra", readOnly: true }],
  },
  "callers that the Kubernetes API checks": { config: { AUTH_MODE: "kubernetes" }, kserve: { models } },
  "an image by digest, from a private registry": {
    image: { repository: "registry.example/ai/kserve-model-registry", digest: `sha256:${"0".repeat(64)}` },
    imagePullSecrets: [{ name: "registry" }],
  },
  "names of its own": { fullnameOverride: "coordination-models", nameOverride: "models" },
  autoscaling: { autoscaling: { enabled: true, minReplicas: 3, maxReplicas: 12 } },
  "one replica, without a budget": { replicaCount: 1, podDisruptionBudget: { enabled: false } },
  "a service account of another's making": { serviceAccount: { create: false, name: "models" } },
  "no rights of the chart's making": { rbac: { create: false }, registry: { mode: "discovery" } },
  "a load balancer and a headless Service": {
    service: { type: "LoadBalancer", port: 80, headless: true, annotations: { "example.com/internal": "true" } },
  },
  "TLS from a secret": {
    tls: { enabled: true, secretName: "registry-tls" },
    metrics: { serviceMonitor: { enabled: true } },
  },
  "TLS towards the models": { modelTls: { caConfigMap: "model-ca", clientSecret: "model-client" } },
  "a strict network policy": {
    networkPolicy: {
      from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "coordination" } } }],
      egress: [{ to: [{ namespaceSelector: {} }], ports: [{ port: 8080, protocol: "TCP" }] }],
    },
  },
  "no network policy": { networkPolicy: { enabled: false } },
  monitoring: {
    metrics: {
      serviceMonitor: { enabled: true, labels: { release: "prometheus" } },
      prometheusRule: { enabled: true, labels: { release: "prometheus" } },
      grafanaDashboard: { enabled: true },
    },
  },
  istio: {
    istio: {
      virtualService: { enabled: true, hosts: ["models.example"], gateways: ["istio-system/gateway"] },
      destinationRule: { enabled: true },
    },
  },
  "Gateway API": {
    gateway: {
      httpRoute: { enabled: true, parentRefs: gateway, hostnames: ["models.example"] },
      grpcRoute: { enabled: true, parentRefs: gateway },
    },
  },
  "an OpenShift Route": { openshift: { route: { enabled: true, host: "models.apps.example" } } },
  "OpenShift with its service CA": {
    openshift: {
      route: { enabled: true, termination: "reencrypt" },
      serviceCA: { enabled: true, injectBundle: true },
    },
    metrics: { serviceMonitor: { enabled: true } },
  },
  "a test that predicts": {
    kserve: { models },
    test: { model: "anomaly-detector", instances: [[0.5, 1.2, 0.8]] },
  },
  placement: {
    nodeSelector: { "kubernetes.io/os": "linux" },
    tolerations: [{ key: "inference", operator: "Exists", effect: "NoSchedule" }],
    affinity: { podAntiAffinity: {} },
    podLabels: { team: "aiops" },
    podAnnotations: { "sidecar.istio.io/inject": "true" },
    resources: { requests: { cpu: "500m", memory: "256Mi" }, limits: { cpu: 2, memory: "1Gi" } },
  },
  "a shutdown at once": { shutdown: { delaySeconds: 0, graceSeconds: 0 } },
  "global values": {
    enabled: true,
    global: { imageRegistry: "registry.example:5000", imagePullSecrets: ["shared", { name: "more" }], anything: [1] },
    imagePullSecrets: [{ name: "own" }],
  },
  "labels and annotations of everything": {
    commonLabels: { "app.kubernetes.io/part-of": "aiops" },
    commonAnnotations: { "example.com/owner": "aiops" },
    deploymentAnnotations: { "example.com/reload": "true" },
    serviceAccount: { labels: { "azure.workload.identity/use": "true" } },
    service: { labels: { tier: "inference" } },
    namespaceOverride: "coordination",
    registry: { mode: "crd", trustedNamespaces: ["platform"], clusterTrustedNamespaces: ["spoke-1/platform"] },
    controller: { enabled: true },
  },
  "pods of one's own making": {
    strategy: { type: "Recreate", rollingUpdate: null },
    revisionHistoryLimit: 3,
    podSecurityContext: { fsGroup: 1000 },
    startupProbe: { failureThreshold: 120 },
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: "rack", whenUnsatisfiable: "DoNotSchedule" }],
    hostAliases: [{ ip: "192.0.2.1", hostnames: ["models.example"] }],
    dnsPolicy: "ClusterFirst",
    dnsConfig: { options: [{ name: "ndots", value: "2" }] },
    initContainers: [{ ...sidecar, name: "wait" }],
    extraContainers: [sidecar],
    extraObjects: [
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "more" } },
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ include "registry.fullname" . }}-text',
    ],
  },
  "autoscaling by more than CPU": {
    autoscaling: {
      enabled: true,
      targetMemoryUtilizationPercentage: 80,
      metrics: [
        {
          type: "Pods",
          pods: { metric: { name: "kserve_requests" }, target: { type: "AverageValue", averageValue: "100" } },
        },
      ],
      behavior: { scaleDown: { stabilizationWindowSeconds: 600 } },
    },
    podDisruptionBudget: { minAvailable: "50%" },
  },
  "an Ingress": {
    ingress: {
      enabled: true,
      className: "nginx",
      annotations: { "cert-manager.io/cluster-issuer": "letsencrypt" },
      hosts: [{ host: "models.example" }, { host: "all.example", paths: [{ path: "/" }] }],
      tls: [{ secretName: "models-tls", hosts: ["models.example"] }],
    },
  },
  "Gateway API before TLS": {
    tls: { enabled: true, secretName: "registry-tls" },
    gateway: {
      httpRoute: { enabled: true, parentRefs: gateway, annotations: { a: "b" } },
      grpcRoute: { enabled: true, parentRefs: gateway, labels: { a: "b" } },
      backendTLSPolicy: { caConfigMap: "registry-ca" },
    },
  },
  "istio before TLS": {
    tls: { enabled: true, secretName: "registry-tls" },
    istio: { virtualService: { enabled: true }, destinationRule: { enabled: true, tlsMode: "SIMPLE" } },
  },
  "monitoring elsewhere": {
    controller: { enabled: true },
    metrics: {
      serviceMonitor: {
        enabled: true,
        namespace: "monitoring",
        interval: "15s",
        scrapeTimeout: "10s",
        relabelings: [{ action: "labeldrop", regex: "pod" }],
        metricRelabelings: [{ action: "drop", sourceLabels: ["__name__"], regex: "nodejs_.*" }],
        bearerTokenSecret: { name: "prometheus-token" },
      },
      prometheusRule: {
        enabled: true,
        namespace: "monitoring",
        thresholds: { failedRatio: 0.01, slowSeconds: 1.5, eventLoopLagSeconds: 0.2 },
        rules: [{ alert: "Mine", expr: "up == 0" }],
      },
      grafanaDashboard: { namespace: "monitoring", operator: { enabled: true, folder: "Models" } },
    },
  },
  "callers that an issuer knows, with certificates": {
    auth: {
      mode: "oidc",
      open: ["health"],
      cacheTtl: "30s",
      modelsClaim: "models",
      oidc: { issuer: "http://dex.auth.svc:5556/dex", audience: ["registry", "models"], clockTolerance: "10s" },
    },
    tls: {
      enabled: true,
      secretName: "registry-tls",
      clientCA: { secretName: "callers" },
      clientNames: ["spiffe://cluster.local/ns/a/sa/b"],
    },
  },
  "callers that the Kubernetes API checks, by auth": { auth: { mode: "kubernetes" } },
  "a Service for others": {
    service: {
      type: "LoadBalancer",
      nodePort: 30_080,
      loadBalancerClass: "example.com/internal",
      loadBalancerSourceRanges: ["192.0.2.0/24"],
      externalTrafficPolicy: "Local",
      ipFamilyPolicy: "PreferDualStack",
      ipFamilies: ["IPv4", "IPv6"],
    },
  },
  "the controller with files of its own": {
    registry: { mode: "crd" },
    controller: {
      enabled: true,
      config: { LOG_LEVEL: "debug" },
      extraEnv: [{ name: "NODE_EXTRA_CA_CERTS", value: "/etc/spokes/ca.crt" }],
      nodeSelector: { "kubernetes.io/os": "linux" },
      affinity: { podAntiAffinity: {} },
      priorityClassName: "system-cluster-critical",
    },
    config: { KUBECONFIG: "/etc/spokes/kubeconfig", KSERVE_CLUSTERS: "spoke-1" },
    extraVolumes: [{ name: "spokes", secret: { secretName: "spokes" } }],
    extraVolumeMounts: [{ name: "spokes", mountPath: "/etc/spokes", readOnly: true }],
    modelTls: { caConfigMap: "model-ca", clientSecret: "model-client", credentialsDirs: ["/etc/model-client"] },
    tls: { enabled: true, secretName: "registry-tls", clientCA: { configMap: "callers" } },
  },
  "egress anywhere": { networkPolicy: { allowExternalEgress: true } },
  "egress to ranges": {
    registry: { mode: "discovery" },
    networkPolicy: {
      externalRanges: ["192.0.2.0/24", "160.0.0.0/4", "fd00::/8", "FD20::/16", "2001:db8::/32"],
      apiServer: { ranges: ["10.0.0.1/32"], ports: [6443] },
      extraIngress: [{ from: [{ podSelector: {} }] }],
      extraEgress: [{ to: [{ ipBlock: { cidr: "198.51.100.7/32" } }] }],
    },
  },
  "names that YAML would take for something else": {
    registry: { mode: "crd", watchNamespaces: ["self-healing-platform", "123"] },
    kserve: { namespace: "456", models: ["123", "1e3", "null"].map((name) => ({ ...models[0], name })) },
  },
  "versions that the Kubernetes API guards": {
    config: { AUTH_MODE: "kubernetes" },
    database: { type: "embedded" },
  },
  "versions for Kubeflow's clients and KServe": {
    database: { type: "embedded" },
    versions: { namespace: "ml", alphaSunsetDate: "2027-04-29", kubeflowService: true },
    storageInitializer: {
      enabled: true,
      image: { registry: "registry.example" },
      allowedHosts: ["registry.other.example:8080"],
      allowedArtifactUriPrefixes: ["s3://models/", "hf://org"],
      tokenFile: "/var/run/secrets/kubernetes.io/serviceaccount/token",
    },
  },
  "versions in an embedded database": {
    database: { type: "embedded", embedded: { size: "5Gi", storageClassName: "fast" } },
  },
  "versions in an external database": {
    database: {
      type: "external",
      url: "postgres://registry@postgres.databases.svc:5432/registry",
      existingSecret: "registry-database",
      tlsMode: "verify-full",
      caConfigMap: "database-ca",
    },
  },
  "a catalog": {
    catalog: {
      sources: {
        model_catalogs: [
          { id: "own", name: "Our models", type: "yaml", properties: { yamlCatalogPath: "own.yaml" } },
          { id: "hub", name: "Hub", type: "hf", properties: { allowedOrganization: "ours" }, includedModels: ["*"] },
        ],
        mcp_catalogs: [{ id: "tools", name: "Tools", type: "yaml", properties: { yamlCatalogPath: "tools.yaml" } }],
        labels: [{ name: "Own", displayName: "Ours" }],
      },
      files: {
        "own.yaml": { source: "own", models: [{ name: "ours/disk-forecast", description: "Forecasts disks" }] },
        "tools.yaml": "source: tools\nmcp_servers:\n  - name: tickets\n",
      },
      existingConfigMaps: [{ name: "team-catalog" }, { name: "user-sources", key: "user.yaml" }],
      performanceDirs: ["/benchmarks"],
      huggingFace: { url: "https://hub.example.com", existingSecret: "hub-token", tokenKey: "hf" },
    },
    networkPolicy: { allowExternalEgress: true },
    extraVolumes: [{ name: "benchmarks", persistentVolumeClaim: { claimName: "benchmarks" } }],
    extraVolumeMounts: [{ name: "benchmarks", mountPath: "/benchmarks", readOnly: true }],
  },
  "no definitions": { crds: { enabled: false } },
  "a definition that goes with the release": { crds: { keep: false }, registry: { mode: "crd" } },
};
