import { CachedFile } from "../base/cached-file.ts";
import type { Config } from "../config/config.ts";
import { maxTextValues } from "../predict/limits/value-limits.ts";
import type { MemoryBudget } from "../registry/memory-budget.ts";
import type { RegistryOptions } from "../registry/registry.ts";
import type { UpstreamOptions } from "../upstream/by-protocol.ts";
import { TlsClient, type TlsClientFiles } from "../upstream/http/tls-client.ts";

/** How entries become models. The same in every command, so that all come to the same result. */
export function registryOptions({ urlFormat, predictorPort, namespace, bareNames }: Config): RegistryOptions {
  return { urlFormat, defaultPort: predictorPort, defaultNamespace: namespace, bareNames };
}

/** How model servers are called, as configured. */
export function upstreamOptions(config: Config, tls: TlsClientFiles, memory: MemoryBudget): UpstreamOptions {
  return {
    connectTimeoutMs: config.connectTimeoutMs,
    idleTimeoutMs: config.idleTimeoutMs,
    maxResponseBytes: config.maxResponseBytes,
    maxJsonDepth: config.maxJsonDepth,
    maxTextValues: maxTextValues(config.maxMessageValues),
    tls,
    retries: { share: config.retryBudget / 100 },
    memory,
  };
}

/** The current client certificate for model servers; undefined where there is none. */
export function clientCertificateOf({ clientCertFile }: Config): () => string | undefined {
  if (clientCertFile === undefined) return () => undefined;
  const file = new CachedFile(clientCertFile);
  return () => {
    try {
      return file.read();
    } catch {
      return undefined;
    }
  };
}

/**
 * The TLS files for calls to model servers. Files that cannot be used fail the start, so that a rollout halts while the
 * old pods still serve.
 */
export function upstreamTlsOf({ caFile, clientCertFile, clientKeyFile, credentialsDirs }: Config): {
  readonly files: TlsClientFiles;
  readonly problems: readonly string[];
} {
  const files: TlsClientFiles = {
    caFiles: caFile === undefined ? [] : [caFile],
    certFile: clientCertFile,
    keyFile: clientKeyFile,
    entryDirs: credentialsDirs,
  };
  try {
    new TlsClient(files).context();
    return { files, problems: [] };
  } catch (error) {
    const problem = `KSERVE_CA_FILE, KSERVE_CLIENT_CERT_FILE, KSERVE_CLIENT_KEY_FILE: ${(error as Error).message}`;
    return { files, problems: [problem] };
  }
}
