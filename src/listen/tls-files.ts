import { readFileSync, statSync } from "node:fs";
import { createSecureContext } from "node:tls";
import type { TlsFiles } from "./listener.ts";

/** How often the files are looked at. Kubernetes swaps a mounted Secret by a symbolic link, which events often miss. */
const defaultIntervalMs = 5000;

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
    throw new Error(`${clientCaFile} holds no certificate in PEM`);
  }
  const files = { cert: readFileSync(certFile), key: readFileSync(keyFile), ...(ca === undefined ? {} : { ca }) };
  // Parses all, and checks that the key belongs to the certificate.
  createSecureContext(files);
  return files;
}

/**
 * Reads the files again when they change, and calls back with those that are good. Bad ones are reported, and the last
 * good ones stay in use. Returns a function that ends it.
 */
export function watchTlsFiles(
  paths: TlsPaths,
  onChange: (files: TlsFiles) => void,
  onError: (error: Error) => void,
  intervalMs = defaultIntervalMs,
): () => void {
  let seen = fingerprint(paths);
  const timer = setInterval(() => {
    const now = fingerprint(paths);
    if (now === seen) return;
    seen = now;
    try {
      onChange(readTlsFiles(paths));
    } catch (error) {
      onError(error as Error);
    }
  }, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}

function fingerprint({ certFile, keyFile, clientCaFile }: TlsPaths): string {
  return [certFile, keyFile, ...(clientCaFile === undefined ? [] : [clientCaFile])]
    .map((path) => {
      const stat = statSync(path, { throwIfNoEntry: false });
      return stat === undefined ? "missing" : `${stat.ino}:${stat.size}:${stat.mtimeMs}`;
    })
    .join(" ");
}
