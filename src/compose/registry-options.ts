import type { Config } from "../config/config.ts";
import type { RegistryOptions } from "../registry/registry.ts";

/** How the registry of every role makes models of entries, so that all judge alike. */
export function registryOptions({ urlFormat, predictorPort, namespace, bareNames }: Config): RegistryOptions {
  return { urlFormat, defaultPort: predictorPort, defaultNamespace: namespace, bareNames };
}
