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
  inputFormat: "record",
  outputFormat: { field: "failure_probability", threshold: 0.7, comparison: ">=" },
  remediationActions: [
    { type: "alert", severity: "warning" },
    { type: "scale-storage", target: "increase-capacity" },
  ],
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
  "services and models together": {
    kserve: { services: { anomaly_detector: "anomaly-detector-predictor" }, models: [fullModel] },
  },
  "services of unknown type": { kserve: { services: { disk_failure: "disk-failure-predictor" } } },
  "models in both places": { kserve: { models: [fullModel] }, ...adr040 },
  "a model with every field": { kserve: { models: [fullModel] } },
  "a model with an address": { kserve: { models: [{ name: "a", type: "anomaly", url: "https://models.example/v" }] } },
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
};
