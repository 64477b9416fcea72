import { assertReachable, plainHost } from "./forbidden-address.ts";
import { StorageError } from "./storage-error.ts";

/** The configured registries. */
export interface RegistryOptions {
  /** `host:port`, or an address with its scheme; undefined for the Service in `namespace`. */
  readonly baseUrl: string | undefined;
  /** The namespace of that Service; undefined for the registry on this machine. */
  readonly namespace: string | undefined;
  readonly scheme: "http" | "https";
  readonly serviceName: string;
  readonly clusterDomain: string;
  /** Each with or without a port. */
  readonly allowedHosts: readonly string[];
}

/** A registry that may be called. */
export interface RegistryAddress {
  /** Without a slash at its end. */
  readonly url: string;
  /** Whether the configuration names it, so that it may be sent the token. */
  readonly isTrusted: boolean;
}

const usualPort = "8080";

/** The registry that is called where an address names none. */
export function baseRegistry(options: RegistryOptions): RegistryAddress {
  return { url: baseUrlOf(options).origin, isTrusted: true };
}

/** The registry in a namespace of the cluster. */
export function registryOfNamespace(namespace: string, options: RegistryOptions): RegistryAddress {
  return addressOf(serviceIn(namespace, options, baseUrlOf(options).port || usualPort), options);
}

function baseUrlOf(options: RegistryOptions): URL {
  const { baseUrl, namespace } = options;
  const unset = namespace === undefined ? `localhost:${usualPort}` : serviceIn(namespace, options, usualPort);
  return urlOf(baseUrl ?? unset, options.scheme);
}

function serviceIn(namespace: string, { serviceName, clusterDomain }: RegistryOptions, port: string): string {
  return `${serviceName}.${namespace}.${clusterDomain}:${port}`;
}

/**
 * The registry at a host. Undefined: it is not a host, or may not be called.
 *
 * @param host with or without a port
 */
export function registryAt(host: string, options: RegistryOptions): RegistryAddress | undefined {
  if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:\d{1,5})?$/i.test(host)) return undefined;
  const address = addressOf(host, options);
  const name = plainHost(new URL(address.url).hostname);
  const isInCluster = name.endsWith(`.${plainHost(options.clusterDomain)}`) || name.endsWith(".svc");
  return address.isTrusted || isInCluster ? address : undefined;
}

function addressOf(host: string, options: RegistryOptions): RegistryAddress {
  const url = urlOf(host, options.scheme);
  assertReachable(url.hostname);
  const isListed = options.allowedHosts.some((allowed) => {
    const listed = urlOf(allowed, options.scheme);
    const anyPort = !/:\d+$/.test(allowed);
    return plainHost(listed.hostname) === plainHost(url.hostname) && (anyPort || listed.port === url.port);
  });
  return { url: url.origin, isTrusted: isListed || url.origin === baseRegistry(options).url };
}

/** @throws StorageError for what is not an address */
function urlOf(text: string, scheme: string): URL {
  try {
    return new URL(/^https?:\/\//i.test(text) ? text : `${scheme}://${text}`);
  } catch {
    throw new StorageError(`${JSON.stringify(text.slice(0, 200))} is not a host`);
  }
}
