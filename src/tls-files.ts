import { readFileSync, statSync } from "node:fs";
import { createSecureContext } from "node:tls";
import type { TlsFiles } from "./listener.ts";

/** How often the files are looked at. Kubernetes swaps a mounted Secret by a symbolic link, which events often miss. */
const defaultIntervalMs = 5000;

/**
 * Reads a certificate and its key.
 *
 * @throws Error naming the file that cannot be read, or saying that the two do not fit
 */
export function readTlsFiles(certFile: string, keyFile: string): TlsFiles {
  const files = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
  // Parses both, and checks that the key belongs to the certificate.
  createSecureContext(files);
  return files;
}

/**
 * Reads the files again when they change, and calls back with those that are good. Bad ones are reported, and the last
 * good ones stay in use. Returns a function that ends it.
 */
export function watchTlsFiles(
  certFile: string,
  keyFile: string,
  onChange: (files: TlsFiles) => void,
  onError: (error: Error) => void,
  intervalMs = defaultIntervalMs,
): () => void {
  let seen = fingerprint(certFile, keyFile);
  const timer = setInterval(() => {
    const now = fingerprint(certFile, keyFile);
    if (now === seen) return;
    seen = now;
    try {
      onChange(readTlsFiles(certFile, keyFile));
    } catch (error) {
      onError(error as Error);
    }
  }, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}

function fingerprint(...paths: readonly string[]): string {
  return paths
    .map((path) => {
      const stat = statSync(path, { throwIfNoEntry: false });
      return stat === undefined ? "missing" : `${stat.ino}:${stat.size}:${stat.mtimeMs}`;
    })
    .join(" ");
}
