import { isDnsLabel, withoutTrailingSlashes } from "../base/field-reader.ts";
import type { ModelAddress, ModelEntry } from "./model.ts";
import type { InferenceServiceFacts } from "./ports.ts";

/** How addresses are derived for entries without one. */
export interface AddressOptions {
  /** A base address in which `{service}`, `{namespace}` and `{name}` are replaced, where they occur. */
  readonly urlFormat: string;
  /** The port for entries without one. Undefined: the one of `urlFormat`. */
  readonly defaultPort: number | undefined;
}

/**
 * The address that predictions of an entry are sent to: its own `url`, else that of its InferenceService, else the
 * filled-in format.
 *
 * @param facts what the cluster reports of the InferenceService that the entry names, if anything
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

/** Adds a port to an address without one. A headless Service maps no ports, so only the entry knows it. */
function withPort(address: string, port: number | undefined): string {
  if (port === undefined || /^https?:\/\/[^/]*:\d+(?:\/|$)/.test(address)) return address;
  const url = new URL(address);
  url.port = String(port);
  return withoutTrailingSlashes(url.href);
}

/** The namespace in the address of a Service, `http://NAME.NAMESPACE.svc…`, for which access is then checked. */
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
 * The InferenceServices that an entry may mean, the likelier first: `service` is its name, or its predictor's Service,
 * `NAME-predictor`. None for an entry with a `url`, which is called there in any case.
 */
export function inferenceServiceNames({ service, url }: Pick<ModelEntry, "service" | "url">): readonly string[] {
  if (url !== undefined || service === "") return [];
  const bare = inferenceServiceOf(service);
  return bare === undefined ? [service] : [service, bare];
}
