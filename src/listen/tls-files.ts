import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { FileWatcher, type FileWatcherOptions } from "../base/file-watcher.ts";

/** A certificate chain and its key, in PEM. */
export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
  /**
   * The authorities of client certificates. If set, clients are asked for one; the handler decides about those without.
   */
  readonly ca?: Buffer | undefined;
}

/** Where the files are. */
export interface TlsPaths {
  readonly certFile: string;
  readonly keyFile: string;
  /** The authorities of client certificates. */
  readonly clientCaFile?: string | undefined;
}

/**
 * Reads a certificate, its key, and the authorities of client certificates.
 *
 * @throws Error naming the file that cannot be read, or saying that they do not fit
 */
export function readTlsFiles({ certFile, keyFile, clientCaFile }: TlsPaths): TlsFiles {
  const ca = clientCaFile === undefined ? undefined : readFileSync(clientCaFile);
  // A text without a certificate would be no authority at all, and no error.
  if (ca !== undefined && !ca.includes("-----BEGIN CERTIFICATE-----")) {
    throw new Error(`${clientCaFile} contains no PEM certificate`);
  }
  const files = { cert: readFileSync(certFile), key: readFileSync(keyFile), ...(ca === undefined ? {} : { ca }) };
  // Parses all, and checks that the key belongs to the certificate.
  createSecureContext(files);
  return files;
}

/**
 * Reads the files again when they change, and calls back with those that are good. Bad ones are reported, and the last
 * good ones stay in use. Returns a function that ends it.
 *
 * @param inUse what was read last
 */
export function watchTlsFiles(
  paths: TlsPaths,
  inUse: TlsFiles,
  onChange: (files: TlsFiles) => void,
  onError: (error: Error) => void,
  options: FileWatcherOptions = {},
): () => Promise<void> {
  let last = inUse;
  let reported: string | undefined;
  const read = (): boolean => {
    try {
      const files = readTlsFiles(paths);
      reported = undefined;
      if (isSame(files, last)) return true;
      last = files;
      onChange(files);
      return true;
    } catch (error) {
      const { message } = error as Error;
      if (message !== reported) onError(error as Error);
      reported = message;
      return false;
    }
  };
  const watched = [paths.certFile, paths.keyFile, paths.clientCaFile].filter((path) => path !== undefined);
  const watcher = new FileWatcher(watched, read, options);
  return () => watcher.stop();
}

function isSame(one: TlsFiles, other: TlsFiles): boolean {
  return (["cert", "key", "ca"] as const).every((name) => String(one[name]) === String(other[name]));
}
