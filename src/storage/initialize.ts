import { versionReferenceText } from "../registry/version-ref.ts";
import { type ArtifactUri, checkArtifactUri, isGitRepository, shownUri } from "./artifact-uri.ts";
import { assertDigest, assertDigestForm } from "./digest.ts";
import { type DownloadOptions, download } from "./download.ts";
import { assertResolvesReachable } from "./forbidden-address.ts";
import { modelUriScheme, parseModelUri } from "./model-uri.ts";
import { assertPlainFiles } from "./plain-files.ts";
import type { RegistryOptions } from "./registry-address.ts";
import { type AskOptions, resolveModel } from "./resolve-model.ts";
import { createStaging, type Staging } from "./staging.ts";
import { StorageError } from "./storage-error.ts";

/** One source and where its files go. */
export interface SourcePair {
  readonly source: string;
  readonly destination: string;
}

export interface StorageOptions {
  readonly registry: RegistryOptions;
  readonly ask: AskOptions;
  readonly download: DownloadOptions;
}

/** A source whose files have been located. */
interface FoundFiles {
  readonly destination: string;
  /** In messages: `model disk-failure-predictor, version 2.1.0`. */
  readonly name: string;
  readonly artifact: ArtifactUri;
  readonly digest: string | undefined;
}

/**
 * Downloads the files of all sources to their destinations, or of none: nothing is downloaded before all are located
 * and allowed, and nothing appears in a destination before everything is downloaded and checked.
 *
 * @throws StorageError that names the source that failed
 */
export async function initializeStorage(
  pairs: readonly SourcePair[],
  options: StorageOptions,
  signal: AbortSignal,
): Promise<void> {
  const { log } = options.download;
  const found: FoundFiles[] = [];
  for (const pair of pairs) found.push(await find(pair, options, signal));
  const stagings: Staging[] = [];
  try {
    for (const files of found) {
      log(`${files.name}: downloading ${shownUri(files.artifact.uri)} to ${files.destination}`);
      const staging = await createStaging(files.destination);
      stagings.push(staging);
      await about(files.name, () => fill(staging.folder, files, options, signal));
    }
    for (const staging of stagings) await staging.publish();
  } catch (error) {
    await Promise.all(stagings.map((staging) => staging.discard()));
    throw error;
  }
  for (const { name, destination } of found) log(`${name}: ready in ${destination}`);
}

async function find(pair: SourcePair, options: StorageOptions, signal: AbortSignal): Promise<FoundFiles> {
  const { source, destination } = pair;
  const allowed = options.download.allowedPrefixes;
  const checked = async (uri: string): Promise<ArtifactUri> => {
    const artifact = checkArtifactUri(uri, allowed);
    if (artifact.host !== undefined) await assertResolvesReachable(artifact.host);
    return artifact;
  };
  if (!source.startsWith(modelUriScheme)) {
    const name = shownUri(source);
    return { destination, name, digest: undefined, artifact: await about(name, () => checked(source)) };
  }
  const asked = parseModelUri(source, options.registry);
  const { model, version, alias } = asked.reference;
  const which =
    version !== undefined ? `version ${version}` : alias !== undefined ? `alias ${alias}` : "newest version";
  const files = await about(`model ${model}, ${which}`, () => resolveModel(asked, options.ask, signal));
  const name = `model ${model}, version ${files.version}`;
  if (files.uri.startsWith(modelUriScheme)) {
    const other = versionReferenceText(asked.reference);
    throw new StorageError(
      `${name}: its files are registered as being at another registry; register their actual location for ${other}`,
    );
  }
  return about(name, async () => {
    if (files.digest !== undefined) assertDigestForm(files.digest);
    if (isGitRepository(files.uri)) assertGitHostsNamed(options.download);
    return { destination, name, digest: files.digest, artifact: await checked(files.uri) };
  });
}

/**
 * Whoever registers a version must not be able to have the server's Git password sent to a host of their choice.
 * @throws StorageError
 */
function assertGitHostsNamed({ env, allowedPrefixes }: DownloadOptions): void {
  if (env.GIT_PASSWORD === undefined || allowedPrefixes.length > 0) return;
  throw new StorageError(
    "the files are in a Git repository, whose host would be sent GIT_PASSWORD; list the hosts that may have it in ALLOWED_ARTIFACT_URI_PREFIXES",
  );
}

async function fill(
  folder: string,
  { artifact, digest }: FoundFiles,
  options: StorageOptions,
  signal: AbortSignal,
): Promise<void> {
  await download(artifact, folder, options.download, signal);
  await assertPlainFiles(folder);
  if (digest !== undefined) await assertDigest(folder, digest);
}

/** Adds to the error of some work what it was about. */
async function about<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    throw new StorageError(`${name}: ${error.message}`, { cause: error.cause });
  }
}
