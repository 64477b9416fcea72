import { isDnsLabel } from "../base/field-reader.ts";
import { parseVersionReference, type VersionReference } from "../registry/version-ref.ts";
import {
  baseRegistry,
  type RegistryAddress,
  type RegistryOptions,
  registryAt,
  registryOfNamespace,
} from "./registry-address.ts";
import { StorageError } from "./storage-error.ts";

export const modelUriScheme = "model-registry://";

/** A parsed `model-registry://` address. */
export interface ModelUri {
  readonly registry: RegistryAddress;
  readonly reference: VersionReference;
}

const form = "expected model-registry://[host[:port]/]model[/version | @alias][?namespace=ns]";
const maxChars = 4096;

/**
 * Parses `model-registry://[host[:port]/]model[/version | @alias][?namespace=ns]`, with percent-encoded names. A first
 * segment that looks like a host is one only if that host may be called; otherwise it is a model, so that no host is
 * called just because a model is named like it.
 *
 * @throws StorageError
 */
export function parseModelUri(uri: string, options: RegistryOptions): ModelUri {
  const refused = (why: string) => new StorageError(`${shown(uri)} cannot be read: ${why}; ${form}`);
  if (uri.length > maxChars) throw refused(`it has ${uri.length} characters, ${maxChars} are allowed`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
  if (/[\u0000-\u0020\u007f\\#]/.test(uri)) throw refused("it contains a space, a control character, \\ or #");
  const [path = "", query, ...more] = uri.slice(modelUriScheme.length).split("?");
  if (more.length > 0) throw refused("it has two ?");
  const namespace = namespaceOf(query, refused);
  const parts = path.split("/");
  if (parts.some((part) => part === "") || parts.length > 3) throw refused("it has too many or empty parts");
  const split = splitHost(parts, options);
  if (split === undefined) {
    const host = shown(parts[0]!);
    throw new StorageError(
      `the registry ${host} may not be called; list it in MODEL_REGISTRY_ALLOWED_HOSTS, or leave it out`,
    );
  }
  const reference = parseVersionReference(split.rest.join("/"));
  if (reference === undefined) throw refused("the names of model and version are not valid");
  if (namespace !== undefined) return { registry: registryOfNamespace(namespace, options), reference };
  return { registry: split.registry ?? baseRegistry(options), reference };
}

/** Splits off the host at the start, if there is one. Undefined: one is required there, and this one may not be called. */
function splitHost(
  parts: readonly string[],
  options: RegistryOptions,
): { readonly registry?: RegistryAddress; readonly rest: readonly string[] } | undefined {
  const [first, ...rest] = parts as [string, ...string[]];
  const mustBeHost = parts.length === 3 || (parts.length === 2 && rest[0]!.includes("@"));
  if (parts.length === 1 || !(mustBeHost || /[.:]/.test(first))) return { rest: parts };
  const registry = registryAt(first, options);
  if (registry !== undefined) return { registry, rest };
  return mustBeHost ? undefined : { rest: parts };
}

function namespaceOf(query: string | undefined, refused: (why: string) => StorageError): string | undefined {
  if (query === undefined) return undefined;
  const match = /^namespace=([^&=]+)$/.exec(query);
  if (match !== null && isDnsLabel(match[1]!)) return match[1]!;
  throw refused("only ?namespace= with a DNS label may follow");
}

function shown(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}...` : text);
}
