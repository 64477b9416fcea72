import { TransferError } from "../transfer/record-source.ts";
import { maxRecordBytes, RestClient } from "../transfer/rest-client.ts";
import { guardedLookup } from "./forbidden-address.ts";
import type { ModelUri } from "./model-uri.ts";
import { StorageError } from "./storage-error.ts";

/** How registries are called. */
export interface AskOptions {
  /** For registries that the configuration names, and for no other. */
  readonly token: () => string | undefined;
  readonly ca: Buffer | undefined;
  readonly timeoutMs: number;
}

/** The files of a version. */
export interface ModelFiles {
  /** The name of the version. */
  readonly version: string;
  /** Where they are. */
  readonly uri: string;
  /** The digest of their content, `sha256:` and 64 hexadecimal digits; undefined where none is recorded. */
  readonly digest: string | undefined;
}

/** The parts of `kserve.versions.v1.ResolveVersionResponse` that are read, in JSON. */
interface ResolveVersionResponse {
  readonly modelVersion?: { readonly name?: string };
  readonly artifact?: { readonly customProperties?: Readonly<Record<string, { readonly stringValue?: string }>> };
  readonly uri?: string;
}

const method = "/kserve.versions.v1.VersionRegistry/ResolveVersion";

/**
 * Asks a registry for the files of a version. A registry that is unreachable or busy for a moment is asked again.
 *
 * @throws StorageError
 */
export async function resolveModel(
  { registry, reference }: ModelUri,
  { token, ca, timeoutMs }: AskOptions,
  signal: AbortSignal,
): Promise<ModelFiles> {
  const { model, version, alias } = reference;
  const client = new RestClient({
    address: registry.url,
    ca,
    token: () => (registry.isTrusted ? token() : undefined),
    timeoutMs,
    maxAnswerBytes: maxRecordBytes,
    lookup: guardedLookup,
  });
  try {
    const message = JSON.stringify({ name: model, version, alias });
    const query = new URLSearchParams({ connect: "v1", encoding: "json", message });
    const { status, body } = await client.get(`${method}?${query}`, signal);
    if (status === 200) return filesOf(body, registry.url);
    throw refusal(status, body, registry.url);
  } catch (error) {
    if (!(error instanceof TransferError)) throw error;
    const words = error.message.replace(/^GET \S+ /, "");
    throw new StorageError(
      `the registry ${registry.url} ${words}; check that it is running, and MODEL_REGISTRY_BASE_URL or MODEL_REGISTRY_NAMESPACE`,
    );
  } finally {
    client.close();
  }
}

function filesOf(body: string, url: string): ModelFiles {
  const { modelVersion, artifact, uri } = objectOf<ResolveVersionResponse>(body);
  if (typeof modelVersion?.name !== "string" || typeof uri !== "string" || uri === "") throw notRegistry(url);
  const digest = artifact?.customProperties?.digest?.stringValue || undefined;
  return { version: modelVersion.name, uri, digest };
}

function refusal(status: number, body: string, url: string): StorageError {
  const { code, message } = objectOf<{ readonly code?: string; readonly message?: string }>(body);
  if (code === undefined || message === undefined) return notRegistry(url);
  const words = message.slice(0, 500);
  const todo = whatToDo[code] ?? `the registry ${url} answered ${status}`;
  return new StorageError(`${words}; ${todo}`);
}

const whatToDo: Readonly<Record<string, string>> = {
  not_found: "`kserve-model-registry versions list` shows what exists",
  failed_precondition: "register a model artifact with a uri, or name another version",
  unauthenticated: "give the storage initializer a token in MODEL_REGISTRY_TOKEN_FILE or MODEL_REGISTRY_TOKEN",
  permission_denied: "allow the token's owner to get this model's modelversions",
};

function notRegistry(url: string): StorageError {
  return new StorageError(
    `${url} does not answer like a registry of versions; check MODEL_REGISTRY_BASE_URL or MODEL_REGISTRY_NAMESPACE, and that DATABASE_URL is set there`,
  );
}

function objectOf<T extends object>(text: string): Partial<T> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Partial<T>) : {};
  } catch {
    return {};
  }
}
