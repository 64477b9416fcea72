import { CachedFile } from "../base/cached-file.ts";
import type { Config } from "../config/config.ts";
import { maxTextValues } from "../predict/limits/value-limits.ts";
import type { MemoryBudget } from "../registry/memory-budget.ts";
import type { RegistryOptions } from "../registry/registry.ts";
import type { UpstreamOptions } from "../upstream/by-protocol.ts";
import { TlsClient, type TlsClientFiles } from "../upstream/http/tls-client.ts";

/** How the registry of every role makes models of entries, so that all judge alike. */
export function registryOptions({ urlFormat, predictorPort, namespace, bareNames }: Config): RegistryOptions {
  return { urlFormat, defaultPort: predictorPort, defaultNamespace: namespace, bareNames };
}

/** How model servers are spoken to, as the environment says. */
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

/** The certificate that is shown to model servers, as it stands; undefined where there is none. */
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
 * The files of TLS towards every model server. A start with files that cannot be used is refused, so that a rollout halts
 * while the old pods still serve.
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
