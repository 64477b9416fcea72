import type { KubeObject } from "../../kube/support/kube-api.ts";
import type { PodTemplate } from "./chart.ts";

type Labels = Readonly<Record<string, string>>;

/** What an object names, and whether it is among the others. */
interface Reference {
  readonly from: string;
  readonly to: string;
  readonly found: boolean;
}

/**
 * What objects of one installation name of each other: the pods that a selector means, the port of a Service behind a
 * route, the role of a binding. An API server takes them whether or not they are there.
 */
export function referencesOf(objects: readonly KubeObject[]): Reference[] {
  return objects.flatMap((object) => {
    const from = `${object.kind}/${object.metadata.name}`;
    return (readers[object.kind]?.(object.spec as never, objects, object) ?? []).map(([to, found]) => {
      return { from, to, found };
    });
  });
}

type Found = [to: string, found: boolean];
type Reader = (spec: never, objects: readonly KubeObject[], object: KubeObject) => Found[];

interface Container {
  readonly ports?: readonly { readonly name: string }[];
  readonly [field: string]: unknown;
}

const readers: Readonly<Record<string, Reader>> = {
  Deployment: ({ template }: { template: PodTemplate }, objects) => {
    const { containers, serviceAccountName, topologySpreadConstraints = [] } = template.spec;
    const probes = containers.flatMap(({ name, ports = [], ...fields }: Container) =>
      ["startupProbe", "readinessProbe", "livenessProbe"].flatMap((probe): Found[] => {
        const { httpGet, tcpSocket } = (fields[probe] ?? {}) as Readonly<Record<string, { port: string } | undefined>>;
        const port = (httpGet ?? tcpSocket)?.port;
        return port === undefined ? [] : [[`${name}: ${port}`, ports.some((one) => one.name === port)]];
      }),
    );
    const spread = topologySpreadConstraints as { labelSelector: { matchLabels: Labels } }[];
    return [
      ...probes,
      named(objects, "ServiceAccount", String(serviceAccountName)),
      ...spread.map(({ labelSelector }) => selected(objects, labelSelector.matchLabels)),
    ];
  },
  Service: ({ selector, ports }: { selector: Labels; ports: { targetPort: string }[] }, objects) => [
    selected(objects, selector),
    ...ports.map(({ targetPort }) => portOf(objects, selector, targetPort)),
  ],
  PodDisruptionBudget: ({ selector }: { selector: { matchLabels: Labels } }, objects) => [
    selected(objects, selector.matchLabels),
  ],
  NetworkPolicy: (
    spec: { podSelector: { matchLabels: Labels }; ingress: { ports?: { port: string }[] }[] },
    objects,
  ) => [
    selected(objects, spec.podSelector.matchLabels),
    ...spec.ingress.flatMap(({ ports = [] }) =>
      ports.map(({ port }) => portOf(objects, spec.podSelector.matchLabels, port)),
    ),
  ],
  HorizontalPodAutoscaler: ({ scaleTargetRef }: { scaleTargetRef: { kind: string; name: string } }, objects) => [
    named(objects, scaleTargetRef.kind, scaleTargetRef.name),
  ],
  ServiceMonitor: (spec: { selector: { matchLabels: Labels }; endpoints: { port: string }[] }, objects) =>
    spec.endpoints.map(({ port }): Found => {
      const { matchLabels } = spec.selector;
      const services = objects.filter(({ kind, metadata }) => kind === "Service" && fits(matchLabels, metadata.labels));
      const ports = services.flatMap(({ spec }) => (spec as { ports: { name: string }[] }).ports);
      return [`${JSON.stringify(matchLabels)}: ${port}`, ports.some(({ name }) => name === port)];
    }),
  RoleBinding: bound,
  ClusterRoleBinding: bound,
  VirtualService: (
    spec: { http: { route: { destination: { host: string; port: { number: number } } }[] }[] },
    objects,
  ) =>
    spec.http
      .flatMap(({ route }) => route)
      .map(({ destination }) => servicePort(objects, destination.host, destination.port.number)),
  DestinationRule: ({ host }: { host: string }, objects) => [named(objects, "Service", host.split(".")[0]!)],
  Ingress: (
    { rules }: { rules: { http: { paths: { backend: { service: { name: string; port: { name: string } } } }[] } }[] },
    objects,
  ) =>
    rules.flatMap(({ http }) =>
      http.paths.map(({ backend }) => servicePort(objects, backend.service.name, backend.service.port.name)),
    ),
  BackendTLSPolicy: ({ targetRefs }: { targetRefs: { kind: string; name: string }[] }, objects) =>
    targetRefs.map(({ kind, name }) => named(objects, kind, name)),
  GrafanaDashboard: ({ configMapRef }: { configMapRef: { name: string } }, objects) => [
    named(objects, "ConfigMap", configMapRef.name),
  ],
  HTTPRoute: backends,
  GRPCRoute: backends,
  Route: ({ to, port }: { to: { kind: string; name: string }; port: { targetPort: string } }, objects) => [
    servicePort(objects, to.name, port.targetPort),
  ],
};

function bound(_: never, objects: readonly KubeObject[], { roleRef, subjects }: KubeObject): Found[] {
  const role = roleRef as { kind: string; name: string };
  const accounts = subjects as { kind: string; name: string }[];
  return [
    // Kubernetes brings the roles of the system.
    ...(role.name.startsWith("system:") ? [] : [named(objects, role.kind, role.name)]),
    ...accounts.map(({ kind, name }) => named(objects, kind, name)),
  ];
}

function backends(spec: never, objects: readonly KubeObject[]): Found[] {
  const { rules } = spec as { rules: { backendRefs: { name: string; port: number }[] }[] };
  return rules.flatMap(({ backendRefs }) => backendRefs.map(({ name, port }) => servicePort(objects, name, port)));
}

function named(objects: readonly KubeObject[], kind: string, name: string): Found {
  return [`${kind}/${name}`, objects.some((one) => one.kind === kind && one.metadata.name === name)];
}

function servicePort(objects: readonly KubeObject[], host: string, port: number | string): Found {
  const service = objects.find(({ kind, metadata }) => kind === "Service" && metadata.name === host.split(".")[0]);
  const { ports } = (service?.spec ?? { ports: [] }) as { ports: { name: string; port: number }[] };
  return [`Service/${host}: ${port}`, ports.some((one) => one.port === port || one.name === port)];
}

const fits = (selector: Labels, labels: unknown): boolean =>
  Object.entries(selector).every(([name, value]) => (labels as Labels | undefined)?.[name] === value);

/** Exactly one Deployment: pods of another one behind the same Service would get its calls. */
function podsWith(objects: readonly KubeObject[], selector: Labels): PodTemplate | undefined {
  const templates = objects
    .filter(({ kind }) => kind === "Deployment")
    .map(({ spec }) => (spec as { template: PodTemplate }).template)
    .filter(({ metadata }) => fits(selector, metadata.labels));
  return templates.length === 1 ? templates[0] : undefined;
}

const selected = (objects: readonly KubeObject[], selector: Labels): Found => [
  `pods ${JSON.stringify(selector)}`,
  podsWith(objects, selector) !== undefined,
];

function portOf(objects: readonly KubeObject[], selector: Labels, port: string): Found {
  const containers: readonly Container[] = podsWith(objects, selector)?.spec.containers ?? [];
  return [`port ${port}`, containers.some(({ ports = [] }) => ports.some(({ name }) => name === port))];
}
