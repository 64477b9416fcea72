import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { KubeObject } from "../../kube/support/kube-api.ts";
import { objectsOf } from "./chart.ts";
import { cacheDir } from "./paths.ts";

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

/** What the documents write of an InferenceService; its own definition has 2 MB. */
const inferenceService = object({
  predictor: object({
    serviceAccountName: text,
    canaryTrafficPercent: whole,
    model: object({ modelFormat: object({ name: text }, "name"), storageUri: text }, "modelFormat"),
  }),
});

/**
 * The kinds of others whose definitions cannot be had from a package registry, with the fields that the chart and the
 * examples use and no more: a field that is misspelt is refused. Where each field is described: the API reference of its
 * project.
 */
const kinds: readonly [group: string, version: string, kind: string, plural: string, spec: Schema][] = [
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
  [
    "grafana.integreatly.org",
    "v1beta1",
    "GrafanaDashboard",
    "grafanadashboards",
    object(
      {
        instanceSelector: object({ matchLabels: map, matchExpressions: list(anything) }),
        allowCrossNamespaceImport: flag,
        folder: text,
        configMapRef: object({ name: text, key: text }, "name", "key"),
      },
      "instanceSelector",
    ),
  ],
  ["serving.kserve.io", "v1beta1", "InferenceService", "inferenceservices", inferenceService],
  [
    "serving.kserve.io",
    "v1alpha1",
    "ClusterStorageContainer",
    "clusterstoragecontainers",
    object(
      {
        container: object(
          { name: text, image: text, env: list(anything), resources: anything, securityContext: anything },
          "name",
          "image",
        ),
        supportedUriFormats: list(object({ prefix: text, regex: text })),
        workloadType: oneOf("initContainer", "localModelDownloadJob"),
        supportsMultiModelDownload: flag,
      },
      "container",
      "supportedUriFormats",
    ),
  ],
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

const written: readonly KubeObject[] = kinds.map(([group, version, kind, plural, spec]) => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    scope: kind.startsWith("Cluster") ? "Cluster" : "Namespaced",
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

/** The definitions that `test/deploy/install.sh` takes from the projects themselves, of the kinds that are used here. */
const published = [
  "servicemonitors.monitoring.coreos.com",
  "prometheusrules.monitoring.coreos.com",
  "virtualservices.networking.istio.io",
  "destinationrules.networking.istio.io",
  "authorizationpolicies.security.istio.io",
  "httproutes.gateway.networking.k8s.io",
  "grpcroutes.gateway.networking.k8s.io",
  "backendtlspolicies.gateway.networking.k8s.io",
];

/** The CustomResourceDefinitions of others, for a cluster under test: those of the projects themselves where they can be had. */
export function thirdPartyDefinitions(): KubeObject[] {
  const folder = join(cacheDir, "definitions");
  const files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));
  const found = files
    .flatMap((file) => objectsOf(readFileSync(join(folder, file), "utf8")))
    .filter(({ metadata }) => published.includes(metadata.name));
  if (found.length !== published.length) throw new Error(`${folder} has ${found.map(({ metadata }) => metadata.name)}`);
  return [...written, ...found];
}
