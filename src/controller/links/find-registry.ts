import { isDnsLabel, isRecord, withoutTrailingSlashes } from "../../base/field-reader.ts";
import { resourcePath } from "../../kube/kube-object.ts";
import type { KubeWriter } from "../../kube/kube-writer.ts";
import { LinkProblem } from "./link-problem.ts";
import type { LinkedService } from "./linked-service.ts";

/** The registries that may be used. An InferenceService chooses among them, and cannot name any other. */
export interface RegistryRules {
  /** The default, if configured. */
  readonly defaultUrl: string | undefined;
  /** Further addresses that the annotation may name. */
  readonly urls: readonly string[];
  /** The namespaces whose Services may be registries; the first one is the default. */
  readonly namespaces: readonly string[];
  /** The annotation of a Service with its external address. */
  readonly serviceAnnotation: string;
  /** The cluster domain, after `.svc.` in the names of Services. */
  readonly clusterDomain: string;
}

interface Service {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: { readonly ports?: readonly { readonly name?: string; readonly port: number }[] };
}

const services = { group: "", version: "v1", plural: "services" };
const registrySelector = "component=model-registry";
const hostAndPort = /^[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?(:[0-9]{1,5})?$/;

/**
 * The address of the registry that an InferenceService is written into: its annotation, else the Service that its labels
 * name, else the one that there is.
 *
 * @throws LinkProblem
 */
export async function findRegistry(
  service: LinkedService,
  rules: RegistryRules,
  kube: Pick<KubeWriter, "find">,
  signal: AbortSignal,
): Promise<string> {
  const { registryUrl, registryName, registryNamespace } = service;
  if (registryUrl !== undefined) return allowedUrl(registryUrl, rules);
  if (rules.defaultUrl !== undefined && registryName === undefined && registryNamespace === undefined) {
    return withoutTrailingSlashes(rules.defaultUrl);
  }
  const namespace = registryNamespace ?? rules.namespaces[0];
  if (namespace === undefined || !rules.namespaces.includes(namespace)) {
    throw new LinkProblem(
      "RegistryNotAllowed",
      `registries of namespace ${namespace} are not open to InferenceServices; allowed are ${rules.namespaces.join(", ") || "none"} (REGISTRIES_NAMESPACE)`,
    );
  }
  return addressOf(await findService(namespace, registryName, kube, signal), namespace, rules);
}

function allowedUrl(text: string, { defaultUrl, urls }: RegistryRules): string {
  const wanted = withoutTrailingSlashes(text);
  const allowed = [defaultUrl, ...urls].flatMap((url) => (url === undefined ? [] : [withoutTrailingSlashes(url)]));
  // Compared exactly: accepting other spellings of an address would invite attacks.
  if (allowed.includes(wanted)) return wanted;
  const which = allowed.length === 0 ? "none is allowed" : "it is not among the allowed ones";
  throw new LinkProblem(
    "RegistryNotAllowed",
    `the annotation names a registry by its address, and ${which} (VERSIONS_URL, REGISTRY_URLS)`,
  );
}

async function findService(
  namespace: string,
  name: string | undefined,
  kube: Pick<KubeWriter, "find">,
  signal: AbortSignal,
): Promise<Service> {
  const path = resourcePath(services, namespace);
  if (name !== undefined) {
    const found = isDnsLabel(name) ? await kube.find<Service>(`${path}/${name}`, signal) : undefined;
    if (found !== undefined) return found;
    throw new LinkProblem("RegistryNotFound", `there is no Service ${name.slice(0, 80)} in namespace ${namespace}`);
  }
  const query = new URLSearchParams({ labelSelector: registrySelector });
  const list = await kube.find<{ readonly items?: readonly Service[] }>(`${path}?${query}`, signal);
  const [only, ...others] = list?.items ?? [];
  if (only === undefined) {
    throw new LinkProblem(
      "RegistryNotFound",
      `no Service in namespace ${namespace} has the label ${registrySelector}; deploy a registry there, or set VERSIONS_URL`,
    );
  }
  if (others.length === 0) return only;
  const names = [only, ...others].map(({ metadata }) => metadata.name).sort();
  throw new LinkProblem(
    "SeveralRegistries",
    `namespace ${namespace} has several registries, ${names.join(", ").slice(0, 200)}: name one by the label for the registry's name (NAME_LABEL)`,
  );
}

/** @throws LinkProblem */
function addressOf({ metadata, spec }: Service, namespace: string, rules: RegistryRules): string {
  const { name, annotations = {} } = metadata;
  const external = annotations[rules.serviceAnnotation];
  if (external !== undefined && external !== "") {
    if (hostAndPort.test(external)) return `https://${external}`;
    const found = JSON.stringify(external.slice(0, 80));
    throw new LinkProblem(
      "RegistryNotFound",
      `the annotation ${rules.serviceAnnotation} of Service ${namespace}/${name} is not a host[:port]: ${found}`,
    );
  }
  const port = (Array.isArray(spec?.ports) ? spec.ports : []).find((one) => isRecord(one) && one.name === "http-api");
  if (port !== undefined) return `http://${name}.${namespace}.svc.${rules.clusterDomain}:${port.port}`;
  throw new LinkProblem("RegistryNotFound", `Service ${namespace}/${name} has no port with the name http-api`);
}
