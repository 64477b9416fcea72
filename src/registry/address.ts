import { isDnsLabel, withoutTrailingSlashes } from "../base/field-reader.ts";
import type { ModelAddress, ModelEntry } from "./model.ts";
import type { InferenceServiceFacts } from "./ports.ts";

/** How addresses are made for entries that give none. */
export interface AddressOptions {
  /** A base address in which `{service}`, `{namespace}` and `{name}` are replaced, where they occur. */
  readonly urlFormat: string;
  /** The port for entries without one. Undefined: the one of `urlFormat`. */
  readonly defaultPort: number | undefined;
}

/**
 * The address that predictions of an entry are sent to: its own `url`, else that of its InferenceService, else the
 * format filled in.
 *
 * @param facts what the cluster says of the InferenceService that the entry names, where it says anything
 */
export function addressOf(
  entry: ModelEntry,
  facts: InferenceServiceFacts | undefined,
  options: AddressOptions,
): ModelAddress {
  if (entry.url !== undefined) return { url: entry.url, rule: "entry-url" };
  if (facts?.url !== undefined) return { url: withPort(facts.url, entry.port), rule: "inference-service" };
  const filled = options.urlFormat
    .replaceAll("{service}", entry.service)
    .replaceAll("{namespace}", entry.namespace)
    .replaceAll("{name}", entry.name);
  const port = entry.port ?? options.defaultPort;
  const url = new URL(filled);
  if (port !== undefined) url.port = String(port);
  return { url: withoutTrailingSlashes(url.href), rule: "url-format" };
}

/** An address with a port, where it names none. For a headless Service, which maps no ports, only the entry knows it. */
function withPort(address: string, port: number | undefined): string {
  if (port === undefined || /^https?:\/\/[^/]*:\d+(?:\/|$)/.test(address)) return address;
  const url = new URL(address);
  url.port = String(port);
  return withoutTrailingSlashes(url.href);
}

/** The namespace that an address of a Service names, `http://NAME.NAMESPACE.svc…`, so that access is asked for there. */
export function namespaceNamedBy(url: string | undefined): string | undefined {
  const labels = url === undefined ? [] : new URL(url).hostname.split(".");
  const at = labels.indexOf("svc");
  return at >= 2 && isDnsLabel(labels[at - 1]!) ? labels[at - 1] : undefined;
}

const predictorSuffix = "-predictor";

/** The Service that KServe makes for the predictor of an InferenceService. */
export function predictorServiceOf(inferenceService: string): string {
  return inferenceService + predictorSuffix;
}

/** The InferenceService whose predictor a Service is by its name; undefined when it is none. */
export function inferenceServiceOf(service: string): string | undefined {
  return service.endsWith(predictorSuffix) ? service.slice(0, -predictorSuffix.length) || undefined : undefined;
}

/**
 * The InferenceServices that an entry may mean, the likelier first: `service` is its name, or the Service of its
 * predictor, `NAME-predictor`. None for an entry with a `url`: it goes there, whatever a cluster says.
 */
export function inferenceServiceNames({ service, url }: Pick<ModelEntry, "service" | "url">): readonly string[] {
  if (url !== undefined || service === "") return [];
  const bare = inferenceServiceOf(service);
  return bare === undefined ? [service] : [service, bare];
}
