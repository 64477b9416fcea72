import { describe, expect, it } from "vitest";
import type { KubeObject } from "../kube/support/kube-api.ts";
import { output } from "../peers/support/run.ts";
import { objectsOf, only, podsOf, render, type Values } from "./support/chart.ts";
import { release } from "./support/helm-release.ts";
import { kustomizeDir, programs } from "./support/paths.ts";
import { valueMatrix } from "./support/value-matrix.ts";

const identity = ({ kind, metadata }: KubeObject): string =>
  `${kind}/${metadata.name.replace("kserve-model-registry", "")}`;

describe("an option brings its objects and no others", () => {
  const usual = ["Deployment/", "NetworkPolicy/", "Pod/-test", "PodDisruptionBudget/", "Service/", "ServiceAccount/"];

  it.each<[name: string, more: string[], fewer?: string[]]>([
    ["defaults", []],
    ["autoscaling", ["HorizontalPodAutoscaler/"]],
    ["one replica, without a budget", [], ["PodDisruptionBudget/"]],
    ["no network policy", [], ["NetworkPolicy/"]],
    ["monitoring", ["ConfigMap/-dashboard", "PrometheusRule/", "ServiceMonitor/"]],
    ["istio", ["DestinationRule/", "VirtualService/"]],
    ["Gateway API", ["GRPCRoute/", "HTTPRoute/"]],
    ["an OpenShift Route", ["Route/"]],
    ["OpenShift with its service CA", ["ConfigMap/-service-ca", "Route/", "ServiceMonitor/"]],
    ["mode configmap, mounted", ["ConfigMap/models"]],
    ["mode configmap", ["ConfigMap/", "Role/-config-map", "RoleBinding/-config-map"]],
    ["a load balancer and a headless Service", ["Service/-headless"]],
    ["a service account of another's making", [], ["ServiceAccount/"]],
  ])("%s: more %j, fewer %j", async (name, more, fewer = []) => {
    const objects = (await render(valueMatrix[name]!)).filter(({ kind }) => kind !== "CustomResourceDefinition");
    expect(objects.map(identity).sort()).toEqual([...usual.filter((one) => !fewer.includes(one)), ...more].sort());
  });

  it("what Kubeflow's clients and KServe look for", async () => {
    const objects = await render(valueMatrix["versions for Kubeflow's clients and KServe"]!);
    const services = objects.filter(({ kind }) => kind === "Service");
    const labelled = services.filter(
      ({ metadata }) => (metadata.labels as Record<string, string>).component === "model-registry",
    );
    expect(labelled).toMatchObject([
      { metadata: { name: "model-registry-service" }, spec: { ports: [{ name: "http-api", port: 8080 }] } },
    ]);
    expect(services).toHaveLength(2);
    expect(only(objects, "ClusterStorageContainer").spec).toMatchObject({
      container: {
        image: expect.stringMatching(/^registry\.example\/kserve-model-registry-storage-initializer:/),
        env: [
          {
            name: "MODEL_REGISTRY_BASE_URL",
            value: expect.stringMatching(/^kserve-model-registry\..+\.svc\.cluster\.local:8080$/),
          },
          { name: "MODEL_REGISTRY_ALLOWED_HOSTS", value: "registry.other.example:8080" },
          { name: "ALLOWED_ARTIFACT_URI_PREFIXES", value: "s3://models/,hf://org" },
          { name: "MODEL_REGISTRY_TOKEN_FILE", value: "/var/run/secrets/kubernetes.io/serviceaccount/token" },
        ],
      },
      supportsMultiModelDownload: true,
    });
  });

  it("the controller: its own Deployment, rights and Services", async () => {
    const objects = await render(valueMatrix["the controller"]!);
    expect(objects.map(identity)).toEqual(
      expect.arrayContaining([
        "Deployment/-controller",
        "NetworkPolicy/-controller",
        "Role/-controller-lease",
        "Service/-controller-metrics",
        "ServiceAccount/-controller",
        "ModelRegistration/anomaly-detector",
      ]),
    );
  });
});

describe("the pods of the chart", () => {
  it.each([
    [{}, "HTTP", "kubernetes.io/h2c"],
    [{ tls: { enabled: true, secretName: "registry-tls" } }, "HTTPS", "https"],
  ])("with %j have the three probes by %s, behind a port for every protocol", async (values, scheme, appProtocol) => {
    const objects = await render(values);
    const [container] = podsOf(objects).spec.containers;
    const probe = (path: string): object => ({ httpGet: { path, port: "http-api", scheme } });
    expect(container).toMatchObject({
      startupProbe: probe("/livez"),
      readinessProbe: probe("/readyz"),
      livenessProbe: probe("/livez"),
    });
    expect(only(objects, "Service").spec).toMatchObject({ ports: [{ name: "http-api", port: 8080, appProtocol }] });
  });

  it("spread over nodes and zones", async () => {
    const { topologySpreadConstraints } = podsOf(await render({})).spec;
    expect(topologySpreadConstraints).toMatchObject([
      { topologyKey: "kubernetes.io/hostname" },
      { topologyKey: "topology.kubernetes.io/zone" },
    ]);
  });

  it("are as many as the autoscaler says, where there is one", async () => {
    const objects = await render(valueMatrix.autoscaling!);
    expect(only(objects, "Deployment").spec).not.toHaveProperty("replicas");
    expect(only(objects, "HorizontalPodAutoscaler").spec).toMatchObject({ minReplicas: 3, maxReplicas: 12 });
  });

  it("get the certificate that OpenShift makes for the Service, and trust its authority", async () => {
    const objects = await render(valueMatrix["OpenShift with its service CA"]!);
    const { annotations } = only<{ metadata: { annotations: Record<string, string> } }>(objects, "Service").metadata;
    const secretName = annotations["service.beta.openshift.io/serving-cert-secret-name"];
    expect(podsOf(objects).spec.volumes).toEqual(
      expect.arrayContaining([
        { name: "tls", secret: { secretName } },
        { name: "model-ca", configMap: { name: "kserve-model-registry-service-ca" } },
      ]),
    );
    expect(only(objects, "ConfigMap", "kserve-model-registry-service-ca").metadata).toMatchObject({
      annotations: { "service.beta.openshift.io/inject-cabundle": "true" },
    });
  });

  it("may be called by those whom the network policy names, and call what it names besides DNS", async () => {
    const values = valueMatrix["a strict network policy"] as { networkPolicy: { from: object[]; egress: object[] } };
    const { spec } = only<{ spec: { ingress: object[]; egress: object[] } }>(await render(values), "NetworkPolicy");
    expect(spec).toMatchObject({ policyTypes: ["Ingress", "Egress"] });
    const labels = { "app.kubernetes.io/name": release, "app.kubernetes.io/instance": release, component: "test" };
    const from = [...values.networkPolicy.from, { podSelector: { matchLabels: labels } }];
    expect(spec.ingress).toEqual([{ ports: [{ port: "http-api", protocol: "TCP" }], from }]);
    expect(spec.egress.slice(1)).toEqual(values.networkPolicy.egress);
  });
});

describe("what comes from outside", () => {
  const rpc = [
    "/kserve.registry.v1.ModelRegistry/Predict",
    "/kserve.models.disk_failure_predictor.v1.DiskFailurePredictor/Predict",
  ];
  const grpcOnly = ["/grpc.health.v1.Health/Check", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"];
  const http = [
    ...["/api/v1/models", "/api/v1/models/a/predict", "/api/v1/triggers/evaluate"],
    ...["/v1/models", "/v1/models/a:predict", "/openapi.json"],
  ];
  const inside = ["/metrics", "/livez", "/readyz", "/apis", "/debug", "/v10/models"];

  type Match = (path: string) => boolean;

  async function virtualService(objects: Promise<KubeObject[]>): Promise<Match> {
    type Uri = { prefix?: string; exact?: string; regex?: string };
    type Routes = { spec: { http: { match: { uri: Uri }[] }[] } };
    const services = (await objects).filter(({ kind }) => kind === "VirtualService") as unknown as Routes[];
    const rules = services.flatMap(({ spec }) => spec.http);
    expect(rules.length).toBeGreaterThan(0);
    const fits = (path: string, { prefix, exact, regex }: Uri): boolean =>
      (prefix !== undefined && path.startsWith(prefix)) ||
      path === exact ||
      (regex !== undefined && new RegExp(`^(?:${regex})$`).test(path));
    return (path) => rules.some(({ match }) => match.some(({ uri }) => fits(path, uri)));
  }

  async function routes(values: Values): Promise<{ http: Match; grpc: Match }> {
    type Rules<M> = { spec: { rules: { matches: M[] }[] } };
    type Path = { path: { type: string; value: string } };
    type Method = { method: { type?: string; service: string } };
    const objects = await render(values);
    const paths = only<Rules<Path>>(objects, "HTTPRoute").spec.rules.flatMap(({ matches }) => matches);
    const methods = only<Rules<Method>>(objects, "GRPCRoute").spec.rules.flatMap(({ matches }) => matches);
    const whole = (expression: string, text: string): boolean => new RegExp(`^(?:${expression})$`).test(text);
    return {
      // A prefix is one of whole elements of the path.
      http: (path) =>
        paths.some(({ path: { type, value } }) =>
          type === "RegularExpression" ? whole(value, path) : `${path}/`.startsWith(`${value}/`),
        ),
      grpc: (path) =>
        methods.some(({ method: { type, service } }) =>
          type === "RegularExpression" ? whole(service, path.split("/")[1]!) : path.split("/")[1] === service,
        ),
    };
  }

  it.each<[string, () => Promise<KubeObject[]>]>([
    ["the chart", () => render(valueMatrix.istio!)],
    [
      "options/istio",
      async () => objectsOf(await output(programs.kustomize, ["build", `${kustomizeDir}/options/istio`])),
    ],
  ])("passes the VirtualService of %s on every path of the API, and on no other", async (_, objects) => {
    const passes = await virtualService(objects());
    expect([...rpc, ...grpcOnly, ...http].filter((path) => !passes(path))).toEqual([]);
    expect(inside.filter(passes)).toEqual([]);
  });

  it("passes the VirtualServices of options/istio on the paths of every other surface", async () => {
    const built = output(programs.kustomize, ["build", `${kustomizeDir}/options/istio`]);
    const passes = await virtualService(built.then(objectsOf));
    const paths = [
      ...[
        "/api/model_registry/v1/registered_models",
        "/api/model_catalog/v1/models",
        "/api/mcp_catalog/v1/mcp_servers",
      ],
      ...["/kserve.versions.v1.VersionRegistry/ResolveVersion", "/kserve.catalog.v1.ModelCatalog/ListModels"],
      ...["/inference.GRPCInferenceService/ModelInfer", "/v2/models/a/infer", "/v2", "/ui/"],
      "/namespaces/ml/v1/models/a:predict",
    ];
    expect(paths.filter((path) => !passes(path))).toEqual([]);
  });

  it("passes an Ingress without paths of its own likewise, but for the typed services of the models", async () => {
    type Paths = { spec: { rules: { http: { paths: { path: string; pathType: string }[] } }[] } };
    const objects = await render({ ingress: { enabled: true, hosts: [{ host: "models.example" }] } });
    const paths = only<Paths>(objects, "Ingress").spec.rules.flatMap(({ http }) => http.paths);
    const passes: Match = (path) => paths.some((one) => `${path}/`.startsWith(`${one.path}/`));
    expect([rpc[0]!, ...http].filter((path) => !passes(path))).toEqual([]);
    expect(inside.filter(passes)).toEqual([]);
  });

  it("passes the routes of the Gateway API likewise", async () => {
    const passes = await routes(valueMatrix["Gateway API"]!);
    expect([...rpc, ...http].filter((path) => !passes.http(path))).toEqual([]);
    expect([...rpc, ...grpcOnly].filter((path) => !passes.grpc(path))).toEqual([]);
    expect(inside.filter(passes.http)).toEqual([]);
  });
});
