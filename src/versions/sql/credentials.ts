import { readFileSync } from "node:fs";
import { type ConnectionOptions, createSecureContext } from "node:tls";
import type { ServerOptions } from "../database-options.ts";

/** How often the files of certificates are checked at most. Drivers ask for one after the other. */
const certificateAgeMs = 1000;

/**
 * The result of `read`, read again when it is older than `maxAgeMs`. While it cannot be read, the last result stays in
 * use: an error would be thrown in an event of the driver's socket, where it ends the process.
 *
 * @throws what `read` throws now
 */
function current<T>(read: () => T, maxAgeMs: number): () => T {
  let value = read();
  let readAt = performance.now();
  return () => {
    if (performance.now() - readAt < maxAgeMs) return value;
    try {
      value = read();
    } catch {
      // Keeps the last result.
    }
    readAt = performance.now();
    return value;
  };
}

/** The password for a connection that is opened now. */
export function passwordReader({ password, passwordFile }: ServerOptions): () => string {
  if (passwordFile === undefined) return () => password ?? "";
  return current(() => readFileSync(passwordFile, "utf8").replace(/\r?\n$/, ""), 0);
}

/**
 * The options of TLS; undefined for a connection in the clear. Drivers look at them for each connection, so that
 * certificates can be renewed.
 *
 * @throws Error when a file cannot be read or used
 */
export function tlsOptions({ tls }: ServerOptions): ConnectionOptions | undefined {
  if (tls === undefined) return undefined;
  const paths = Object.entries({ ca: tls.caFile, cert: tls.certFile, key: tls.keyFile }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const files = current(() => {
    const texts = Object.fromEntries(paths.map(([name, path]) => [name, readFileSync(path, "utf8")]));
    // Fails for an invalid certificate, and for a key that does not belong to it.
    createSecureContext(texts);
    return texts;
  }, certificateAgeMs);
  const options: ConnectionOptions = { rejectUnauthorized: tls.verify !== "none" };
  if (tls.verify === "authority") options.checkServerIdentity = () => undefined;
  for (const [name] of paths) {
    Object.defineProperty(options, name, { enumerable: true, configurable: true, get: () => files()[name] });
  }
  return options;
}
