import { assertReachable } from "./forbidden-address.ts";
import { StorageError } from "./storage-error.ts";

/** The address of files, checked for the downloader. */
export interface ArtifactUri {
  readonly uri: string;
  /**
   * The host in the address, which must not resolve to a forbidden address. Undefined: there is none, or it is
   * configured.
   */
  readonly host: string | undefined;
}

/** The schemes that KServe's downloader supports. */
const schemes: readonly string[] = ["s3", "gs", "hf", "http", "https", "hdfs", "webhdfs", "oci", "modelscope"];

/** The schemes whose addresses choose the host. */
const withHost: readonly string[] = ["http", "https", "oci", "hdfs", "webhdfs"];

/**
 * What KServe's downloader takes for Azure storage, anywhere in an address; it sends Azure credentials to the host
 * before it.
 */
const likeAzure = /https:\/\/(.+?).(blob|file).(core.windows.net|storage.azure.net)\/(.+)/;
const azureHost = /\.(blob|file)\.(core\.windows|storage\.azure)\.net$/;

/** What it clones with Git; it sends the Git credentials to the host before it. */
const likeGit = /https:\/\/.+\.git/;

/** Whether KServe's downloader takes an address for a Git repository. */
export function isGitRepository(uri: string): boolean {
  return likeGit.test(uri);
}

/**
 * Checks the address of files before anything is read from there.
 *
 * @param allowedPrefixes compared by whole path segments; empty: any address
 * @throws StorageError
 */
export function checkArtifactUri(uri: string, allowedPrefixes: readonly string[]): ArtifactUri {
  const text = shownUri(uri);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
  if (/[\u0000-\u0020\u007f-\uffff\\#]/.test(uri)) {
    throw new StorageError(`the address of the files, ${text}, contains a character that must be percent-encoded`);
  }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\/[^/]/.exec(uri)?.[1];
  if (scheme === "pvc") {
    throw new StorageError(
      `the files are at ${text}, which KServe mounts only where the InferenceService itself names it: set storageUri to it`,
    );
  }
  if (scheme === undefined || !schemes.includes(scheme)) {
    throw new StorageError(`the files are at ${text}, which cannot be downloaded; expected ${schemes.join(", ")}`);
  }
  if (hasDots(uri))
    throw new StorageError(`the address of the files, ${text}, must not contain . or .. as a path segment`);
  const isHttp = scheme === "http" || scheme === "https";
  if (!isHttp && uri.includes("?")) throw new StorageError(`the address of the files, ${text}, must not contain ?`);
  const host = withHost.includes(scheme) ? hostOf(uri, scheme, text) : undefined;
  if (host !== undefined) assertReachable(host);
  if (likeAzure.test(uri) && !azureHost.test(host ?? "")) {
    throw new StorageError(`the files are at ${text}, which looks like Azure storage but is on another host`);
  }
  // In the form that was checked, so that no other parser reads it differently.
  const checked = isHttp ? new URL(uri).href : uri;
  if (allowedPrefixes.length > 0 && !allowedPrefixes.some((prefix) => beginsWith(checked, prefix))) {
    throw new StorageError(
      `the files are at ${text}, which is not among ALLOWED_ARTIFACT_URI_PREFIXES (${allowedPrefixes.join(", ")})`,
    );
  }
  return { uri: checked, host };
}

/** An address without what may be a secret in it. */
export function shownUri(uri: string): string {
  const plain = uri.replace(/[?#].*$/s, "").replace(/:\/\/[^/]*@/, "://***@");
  return JSON.stringify(plain.length > 300 ? `${plain.slice(0, 300)}...` : plain);
}

/** Whether an address begins with a prefix that ends at a path segment's end. */
function beginsWith(uri: string, prefix: string): boolean {
  const wanted = /^https?:/i.test(prefix) && URL.canParse(prefix) ? hrefLike(prefix) : prefix;
  if (uri === wanted || !uri.startsWith(wanted)) return uri === wanted;
  const hasPath = wanted.replace(/^[^:]+:\/\//, "").includes("/");
  return wanted.endsWith("/") || uri[wanted.length] === "/" || (hasPath && ":@?".includes(uri[wanted.length]!));
}

/** A prefix as the URL that it is, without the slash that a bare host gets. */
function hrefLike(prefix: string): string {
  const { href } = new URL(prefix);
  return prefix.endsWith("/") ? href : href.replace(/\/$/, "");
}

function hasDots(uri: string): boolean {
  const path = uri.replace(/^[^:]+:\/\//, "").replace(/\?.*$/, "");
  return path.split(/\/|%2f|%5c/i).some((part) => /^(\.|%2e|%252e){1,2}$/i.test(part));
}

/** @throws StorageError for a host that cannot be read, and for credentials in front of it */
function hostOf(uri: string, scheme: string, text: string): string {
  try {
    const url = new URL(uri.replace(`${scheme}://`, "http://"));
    if (url.username !== "" || url.password !== "" || /^[^/]*@/.test(uri.slice(scheme.length + 3))) {
      throw new StorageError(`the files are at ${text}: put credentials in a Secret for KServe, not in the address`);
    }
    return url.hostname;
  } catch (error) {
    if (error instanceof StorageError) throw error;
    throw new StorageError(`the address of the files, ${text}, has no valid host`);
  }
}
