import { readFileSync } from "node:fs";
import { ConfigError, type Env, readStorageConfig } from "../config/config.ts";
import { initializeStorage, type SourcePair } from "../storage/initialize.ts";

export type { SourcePair } from "../storage/initialize.ts";
export { StorageError } from "../storage/storage-error.ts";

/**
 * Brings the files of models to where a model server expects them, as KServe's storage initializer does.
 *
 * @param log is called with each line of the downloader
 * @throws ConfigError for variables that cannot be read
 * @throws StorageError for files that cannot be made ready
 */
export async function runStorageInitializer(
  env: Env,
  pairs: readonly SourcePair[],
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { config, problems } = readStorageConfig(env);
  if (problems.length > 0) throw new ConfigError(problems);
  const { registryTokenFile, registryToken, registryCaFile } = config;
  const readNamed = (variable: string, path: string): Buffer => {
    try {
      return readFileSync(path);
    } catch (error) {
      throw new ConfigError([`${variable}: ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`]);
    }
  };
  const token = () => {
    if (registryTokenFile === undefined) return registryToken;
    return readNamed("MODEL_REGISTRY_TOKEN_FILE", registryTokenFile).toString().trim() || undefined;
  };
  // Said before anything is asked.
  token();
  const ca = registryCaFile === undefined ? undefined : readNamed("MODEL_REGISTRY_CA_FILE", registryCaFile);
  await initializeStorage(
    pairs,
    {
      registry: {
        baseUrl: config.registryBaseUrl,
        namespace: config.registryNamespace,
        scheme: config.registryScheme,
        serviceName: config.registryServiceName,
        clusterDomain: config.registryClusterDomain,
        allowedHosts: config.registryAllowedHosts,
      },
      ask: { token, ca, timeoutMs: config.registryTimeoutMs },
      download: { python: config.storagePython, allowedPrefixes: config.allowedArtifactPrefixes, env, log },
    },
    signal,
  );
}
