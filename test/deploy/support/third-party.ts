import type { KubeObject } from "../../kube/support/kube-api.ts";

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: "string" };
const whole: Schema = { type: "integer" };
const flag: Schema = { type: "boolean" };
const texts: Schema = { type: "array", items: text };
const map: Schema = { type: "object", additionalProperties: text };
const anything: Schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
const intOrText: Schema = { "x-kubernetes-int-or-string": true };
const oneOf = (...words: string[]): Schema => ({ type: "string", enum: words });
const list = (items: Schema): Schema => ({ type: "array", items });
const object = (properties: Readonly<Record<string, Schema>>, ...required: string[]): Schema => ({
  type: "object",
  properties,
  ...(required.length > 0 ? { required } : {}),
});

const key = object({ name: text, key: text }, "name", "key");
const parentRef = object({ group: text, kind: text, name: text, namespace: text, sectionName: text }, "name");
const backendRef = object({ group: text, kind: text, name: text, namespace: text, port: whole, weight: whole }, "name");
const syncPolicy = object({
  automated: object({ prune: flag, selfHeal: flag }),
  syncOptions: texts,
  retry: object({ limit: whole, backoff: object({ duration: text, factor: whole, maxDuration: text }) }),
});
const source = object(
  {
    repoURL: text,
    targetRevision: text,
    path: text,
    ref: text,
    helm: object({ releaseName: text, valueFiles: texts, valuesObject: anything, skipCrds: flag }),
    directory: object({ include: text, recurse: flag }),
  },
  "repoURL",
);
const application = object(
  {
    project: text,
    source,
    sources: list(source),
    destination: object({ server: text, name: text, namespace: text }),
    syncPolicy,
    ignoreDifferences: list(anything),
  },
  "project",
  "destination",
);

/**
 * The kinds of others that the chart, the manifests and the examples use, with the fields that they use and no more: a
 * field that is misspelt is refused. Where each field is described: the API reference of its project.
 */
const kinds: readonly [group: string, version: string, kind: string, plural: string, spec: Schema][] = [
  [
    "monitoring.coreos.com",
    "v1",
    "ServiceMonitor",
    "servicemonitors",
    object(
      {
        selector: object({ matchLabels: map }),
        namespaceSelector: object({ any: flag, matchNames: texts }),
        endpoints: list(
          object({
            port: text,
            path: text,
            interval: text,
            scheme: oneOf("http", "https"),
            honorLabels: flag,
            tlsConfig: object({ serverName: text, ca: object({ configMap: key, secret: key }) }),
          }),
        ),
      },
      "selector",
      "endpoints",
    ),
  ],
  [
    "monitoring.coreos.com",
    "v1",
    "PrometheusRule",
    "prometheusrules",
    object({
      groups: list(
        object(
          {
            name: text,
            interval: text,
            rules: list(
              object({ alert: text, record: text, expr: intOrText, for: text, labels: map, annotations: map }, "expr"),
            ),
          },
          "name",
        ),
      ),
    }),
  ],
  [
    "networking.istio.io",
    "v1",
    "VirtualService",
    "virtualservices",
    object({
      hosts: texts,
      gateways: texts,
      http: list(
        object({
          match: list(object({ uri: object({ prefix: text, exact: text, regex: text }) })),
          route: list(
            object({ destination: object({ host: text, port: object({ number: whole }) }, "host") }, "destination"),
          ),
        }),
      ),
    }),
  ],
  [
    "networking.istio.io",
    "v1",
    "DestinationRule",
    "destinationrules",
    object(
      {
        host: text,
        trafficPolicy: object({
          tls: object({ mode: oneOf("DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL") }),
          loadBalancer: object({ simple: oneOf("ROUND_ROBIN", "LEAST_REQUEST", "RANDOM") }),
        }),
      },
      "host",
    ),
  ],
  [
    "gateway.networking.k8s.io",
    "v1",
    "HTTPRoute",
    "httproutes",
    object({
      parentRefs: list(parentRef),
      hostnames: texts,
      rules: list(
        object({
          matches: list(
            object({ path: object({ type: oneOf("Exact", "PathPrefix", "RegularExpression"), value: text }) }),
          ),
          backendRefs: list(backendRef),
        }),
      ),
    }),
  ],
  [
    "gateway.networking.k8s.io",
    "v1",
    "GRPCRoute",
    "grpcroutes",
    object({
      parentRefs: list(parentRef),
      hostnames: texts,
      rules: list(
        object({
          matches: list(
            object({ method: object({ type: oneOf("Exact", "RegularExpression"), service: text, method: text }) }),
          ),
          backendRefs: list(backendRef),
        }),
      ),
    }),
  ],
  [
    "route.openshift.io",
    "v1",
    "Route",
    "routes",
    object(
      {
        host: text,
        to: object({ kind: oneOf("Service"), name: text, weight: whole }, "kind", "name"),
        port: object({ targetPort: intOrText }, "targetPort"),
        tls: object(
          {
            termination: oneOf("edge", "passthrough", "reencrypt"),
            insecureEdgeTerminationPolicy: oneOf("None", "Allow", "Redirect"),
          },
          "termination",
        ),
      },
      "to",
    ),
  ],
  ["serving.kserve.io", "v1beta1", "InferenceService", "inferenceservices", anything],
  ["argoproj.io", "v1alpha1", "Application", "applications", application],
  [
    "argoproj.io",
    "v1alpha1",
    "ApplicationSet",
    "applicationsets",
    object(
      {
        goTemplate: flag,
        goTemplateOptions: texts,
        generators: list(
          object({
            clusterDecisionResource: object(
              { configMapRef: text, labelSelector: object({ matchLabels: map }), requeueAfterSeconds: whole },
              "configMapRef",
            ),
          }),
        ),
        template: object({ metadata: object({ name: text, labels: map, annotations: map }), spec: application }),
        syncPolicy: object({ preserveResourcesOnDeletion: flag }),
      },
      "generators",
      "template",
    ),
  ],
  [
    "cluster.open-cluster-management.io",
    "v1beta1",
    "Placement",
    "placements",
    object({
      clusterSets: texts,
      predicates: list(
        object({
          requiredClusterSelector: object({
            labelSelector: object({
              matchLabels: map,
              matchExpressions: list(object({ key: text, operator: text, values: texts }, "key", "operator")),
            }),
          }),
        }),
      ),
      tolerations: list(object({ key: text, operator: text })),
    }),
  ],
  [
    "cluster.open-cluster-management.io",
    "v1beta2",
    "ManagedClusterSetBinding",
    "managedclustersetbindings",
    object({ clusterSet: text }, "clusterSet"),
  ],
  [
    "apps.open-cluster-management.io",
    "v1beta1",
    "GitOpsCluster",
    "gitopsclusters",
    object({
      argoServer: object({ cluster: text, argoNamespace: text }),
      placementRef: object({ apiVersion: text, kind: text, name: text }),
    }),
  ],
];

/** The CustomResourceDefinitions of others, small ones, for a cluster under test. */
export const thirdPartyDefinitions: readonly KubeObject[] = kinds.map(([group, version, kind, plural, spec]) => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: {
    name: `${plural}.${group}`,
    // The API server asks for a reference to a review for groups of Kubernetes itself.
    ...(group.endsWith(".k8s.io") ? { annotations: { "api-approved.kubernetes.io": "unapproved, for tests" } } : {}),
  },
  spec: {
    group,
    scope: "Namespaced",
    names: { kind, plural, singular: kind.toLowerCase() },
    versions: [
      {
        name: version,
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", properties: { spec, status: anything } } },
      },
    ],
  },
}));
